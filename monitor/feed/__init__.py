"""What viewers attach to: the feed of values that the core publishes, and the commands that it takes.

with FeedReader(feed_endpoint) as feed, CommandClient(command_endpoint, operator="nurse 1") as commands:
    for value in feed.poll(timeout_s=0.05): ...      # WaveChunk, BedUpdate, CoreStatus, AlarmEvent
    commands.acknowledge("ward.1")
"""

from monitor.feed.client import CommandClient
from monitor.feed.codec import FeedValue, decode, encode
from monitor.feed.reader import FeedReader

__all__ = ["CommandClient", "FeedReader", "FeedValue", "decode", "encode"]
