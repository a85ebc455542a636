"""What each problem comes from, and what cures it, for the page behind its ``type``."""

from typing import NamedTuple


class Text(NamedTuple):
    """Why a client gets a problem, and what whoever must act does about it."""

    cause: str
    cure: str


SAME_KEY = "Repeat the very same order under the same key; it is never placed twice."

# By kind of problem; a test demands that none is missing.
PROBLEM_TEXTS: dict[str, Text] = {
    "malformed-request": Text(
        "The request is framed or addressed in a way that programs read differently: two lengths, a length beside "
        "chunks, a repeated or odd header, an upgrade, a body where none belongs.",
        "Send plain HTTP/1.1 through a usual HTTP library; look for a proxy in between that adds headers.",
    ),
    "unreadable-body": Text(
        "The body is not JSON in UTF-8, nests deeper than 32 levels, or has a number of absurd size.",
        "Send one JSON object, as a JSON library writes it.",
    ),
    "idempotency-key-missing": Text(
        "This tenant takes orders only with an Idempotency-Key.",
        "Make one key for each intent to buy, keep it with the cart, and send it with every try.",
    ),
    "idempotency-key-invalid": Text(
        "Idempotency-Key is empty, longer than 255 characters, not visible ASCII, there twice, or a list.",
        "Send one header with one value, such as a UUID, bare or in double quotes.",
    ),
    "unauthenticated": Text(
        "Site id and secret do not belong together, are missing, or are there in both forms; or a page in a browser "
        "is not among the origins of its tenant.",
        "Send Authorization: Bearer with X-Stella-Site-Id, or X-Sync-Secret with X-Site-ID. The operator makes keys "
        "with `adapter tenants key` and lists a tenant's origins in the tenants' file.",
    ),
    "not-found": Text(
        "There is no such door, or no order of this tenant has that id.",
        "Use the address that Location named, with the credentials of the tenant that placed the order.",
    ),
    "method-not-allowed": Text("The door is there and takes other methods.", "Use a method that Allow names."),
    "head-too-slow": Text(
        "The head of the request did not arrive within ten seconds of its first byte.",
        f"{SAME_KEY} Look at the network.",
    ),
    "body-too-slow": Text("The whole body did not arrive within the deadline.", f"{SAME_KEY} Look at the network."),
    "operation-in-progress": Text(
        "The first try with this key is still under way, or its outcome is being looked up.",
        "Wait for Retry-After and repeat the same order under the same key, or read Location. Make no new key.",
    ),
    "operation-uncertain": Text(
        "The backend never said whether it has the order, and nothing that it offers can tell.",
        "The operator looks into the backend and says what is there: `adapter orders resolve`. Make no new key before.",
    ),
    "operation-result-expired": Text(
        "The order was placed or refused long ago, and its answer is no longer kept.",
        "Read the order in the shop; place a new one, under a new key, only where a new one is meant.",
    ),
    "duplicate-order-reference": Text(
        "Another order of this tenant, under another key, has the same natural reference.",
        "Read the operation that is named; give an order that is meant as another a reference of its own.",
    ),
    "body-too-large": Text("The body has more bytes than this gateway takes.", "Send a smaller order."),
    "target-too-long": Text("The address of the request is longer than any of ours.", "Use the documented addresses."),
    "headers-too-large": Text("There are too many headers, or too long ones.", "Send fewer; cookies are not needed."),
    "unsupported-media-type": Text("The body says that it is no JSON.", "Send Content-Type: application/json."),
    "invalid-order": Text(
        "The order breaks its format at the places in `errors`.",
        "Correct each place; /openapi.json has the schema, /docs shows it.",
    ),
    "unmappable-order": Text(
        "The order is a valid one, and this tenant's backend needs more, or cannot be told a value of it.",
        "Correct the places in `errors`, or use a backend that can; where `who` is operator, a setting is missing.",
    ),
    "loss-refused": Text(
        "The backend has no place for a member that this tenant does not let go.",
        "Leave the member out, or have the operator change the tenant's `loss` table.",
    ),
    "order-revised": Text(
        "The order is placed, and the backend stored it with other values, which this tenant wants told as an error.",
        "Do not place it again: `receipt` is the order's. Show the buyer what changed, or cancel it in the shop.",
    ),
    "idempotency-key-reused": Text(
        "The key was used before for an order with other contents.",
        "Repeat with the very first contents, or give another order a key of its own.",
    ),
    "order-refused": Text(
        "The backend refused the order for good, for the reasons in `errors`.",
        "Have whoever `who` names change what is wrong, and place the order under a new key.",
    ),
    "internal-error": Text(
        "Something in the gateway is broken; the order may or may not have gone out.",
        f"{SAME_KEY} The operator finds the mistake in the log by the X-Correlation-Id of this answer.",
    ),
    "overloaded": Text(
        "As much is under way as this gateway, or this tenant's backend, takes at once.",
        f"Wait for Retry-After. {SAME_KEY}",
    ),
    "quota-exceeded": Text(
        "This caller, or its tenant, asked more often within a minute than the tenant's limits allow.",
        f"Wait for Retry-After; RateLimit tells what is left. {SAME_KEY}",
    ),
    "operation-not-applied": Text(
        "It is proven that the backend does not have the order: nothing was sent, or it says so.",
        "Where `retry` allows it, wait for Retry-After and repeat under the same key or a new one.",
    ),
    "storage-unavailable": Text(
        "The gateway cannot write down what it would send, so it sends nothing.",
        f"{SAME_KEY} The operator looks after the disk, the journal's file and its key.",
    ),
    "outcome-unknown": Text(
        "Something left for the backend and no whole answer came back: the order may be there.",
        "Do not place it again. Wait for Retry-After and repeat under the same key, or read Location.",
    ),
}
