"""Every codec a mapping can choose, by name."""

from adapter.core.contacts import CONTACT_CODECS
from adapter.core.crosswalks import CROSSWALK_CODECS
from adapter.core.identities import IDENTITY_CODECS
from adapter.core.money import MONEY_CODECS
from adapter.core.names import NAME_CODECS
from adapter.core.places import PLACE_CODECS
from adapter.lens.codecs import GENERIC_CODECS, Codec

CODECS: dict[str, Codec] = (
    GENERIC_CODECS | MONEY_CODECS | PLACE_CODECS | NAME_CODECS | CONTACT_CODECS | IDENTITY_CODECS | CROSSWALK_CODECS
)
