"""The line: it moves sealed entries between two parties and proves what happened, knowing nothing of what they say.

Pure: no clock, socket, disk, randomness, database or logging; time and entropy are arguments, and what is to be done
is returned as data. Bytes are hashed and signed as sent. From hostile bytes only ``PeerFault`` may come out.
"""
