"""What the map's scripts say; with the sentences that its page and they have in common word for word."""

from typing import Final

MAP: Final = {
    "map_play": "Play",
    "map_pause": "Pause",
    "map_counted": "On the map: {shown} of {all}.",
    "map_scale": "{km} km",
    "map_chosen": "{title}: chosen. What was said stands beside the map.",
    "map_corner": "Line {line} is no corner: write longitude, then latitude, in degrees.",
    "map_length": "{km} km long, indicative.",
    "map_area": "{area} km² within an outline of {km} km, indicative.",
    "map_near": "Within {km} km of the line, indicative.",
    "map_near_claim": "Within {km} km of the line as {party} draws it, indicative.",
    "map_on": "On the line, indicative.",
    "map_on_claim": "On the line as {party} draws it, indicative.",
    "map_itself": "Map of the border region",
    "map_nearer": "Zoom in",
    "map_farther": "Zoom out",
    "map_whole": "Show the whole map",
    "map_help": "Draw with the pointer, or move the map by the arrow keys and add its centre, corner by corner."
    " Two corners give a distance, three an area.",
    "map_middle": "Centre of the map:",
    "map_draw": "Draw on the map",
    "map_centre": "Add the centre",
    "map_drop": "Remove the last corner",
    "map_clear": "Clear",
    "map_allowed": "The guard lets it be announced",
    "map_refused": "The guard refuses it as it is",
    "value_part_own": "Drawn through: our own soil, as the edition shows it.",
    "value_part_other": "Broken outline: the other side's soil.",
    "value_part_both": "Short dashes: claimed by both sides.",
    "value_part_outside": "Thin dots: outside the territory of both sides.",
    "value_part_band": "Dots: so near the line that the map cannot tell.",
}
