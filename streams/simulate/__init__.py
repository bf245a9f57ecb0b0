"""A seeded sales floor: traffic as a CRM, a dialer, a mail server and a web form would make it.

Everything is drawn from one seed and told from one start, so the same floor says the
same, byte for byte. Nobody here looks at a clock or at Kafka.
"""

from streams.simulate.floor import Desk, Floor, Rhythm, desks_of
from streams.simulate.play import Sending, play

__all__ = ["Desk", "Floor", "Rhythm", "Sending", "desks_of", "play"]
