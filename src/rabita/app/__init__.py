"""The node put together: settings, the home folder, the composition root and the socket it is asked through."""
