"""Every codec a mapping can choose, by name."""

from adapter.core.values.contacts import CONTACT_CODECS
from adapter.core.values.crosswalks import CROSSWALK_CODECS
from adapter.core.values.identities import IDENTITY_CODECS
from adapter.core.values.money import MONEY_CODECS
from adapter.core.values.names import NAME_CODECS
from adapter.core.values.places import PLACE_CODECS
from adapter.lens.codecs import GENERIC_CODECS, Codec

CODECS: dict[str, Codec] = (
    GENERIC_CODECS | MONEY_CODECS | PLACE_CODECS | NAME_CODECS | CONTACT_CODECS | IDENTITY_CODECS | CROSSWALK_CODECS
)
