from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.fingerprint import fingerprint_of, fingerprint_of_body
from runner.definitions.model import Bulletin, Place, canonical

TEXTS = st.text() | st.sampled_from(['"when":', ',"when":"now"}', '"schedule.at":null,', "schedule.at", "when"])
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31)).map(lambda at: at.replace(microsecond=0))


@given(
    TEXTS,
    st.dictionaries(TEXTS, TEXTS, max_size=4),
    st.just("now") | st.integers(0, 2**40),
    st.none() | INSTANTS.map(lambda at: at.replace(tzinfo=UTC)),
)
def test_the_bytes_of_a_payload_give_the_same_fingerprint_as_the_payload(
    text: str, properties: dict[str, str], when: str | int, due_at: datetime | None
) -> None:
    bulletin = Bulletin("id", text, text, properties, text, ("india",), Place("a.yaml", 1, 1, 0), when=when)
    payload = bulletin.payload()
    assert fingerprint_of_body(canonical(payload), due_at) == fingerprint_of(payload, due_at)
