"""A canonical order said in Enad's dialect by hand, and its answer read: what every peer does, and no more."""

from typing import Any

Tree = dict[str, Any]

COUNTRIES = {"United States": "US"}


def to_enad(order: Tree) -> Tree:
    address, currency = order["shipping_address"], order["currency"]
    return {
        "reference": "00000000-0000-4000-8000-000000000000",
        "source": "peer",
        "status": "placed",
        "language_code": "en",
        "currency_code": currency,
        "country_code": COUNTRIES[address["country"]],
        "lines": [
            {
                "product_id": line.get("product_id"),
                "variant_id": line.get("variant_id"),
                "quantity": line["quantity"],
                "base_price_amount": line["price"],
                "total_price_amount": line["price"] * line["quantity"],
                "currency_code": currency,
            }
            for line in order["line_items"]
        ],
        "shipping_address": {
            "given_name": address["first_name"],
            "family_name": address["last_name"],
            "street_address": address["address1"],
            "city": address["city"],
            "state_or_province": address["state"],
            "postal_code": address["postal_code"],
            "country_code": COUNTRIES[address["country"]],
            "telephone_number": address["phone"],
            "email": order["email"],
        },
        "payment_method": order["payment_method"],
        "sub_total": order["subtotal"],
        "grand_total": order["total"],
    }


def to_receipt(answer: Tree, email: str) -> Tree:
    data = answer["data"]
    return {
        "id": str(data["id"]),
        "order_number": str(data.get("reference", "")),
        "email": email,
        "total": str(data.get("grand_total")),
        "currency": data.get("currency_code", "USD"),
        "status": "pending",
        "payment_status": "unknown",
        "created_at": str(data.get("created_at", "")),
    }
