// Fastify in, undici out, a mapping to Enad by hand or, with the argument "jsonata", in JSONata.
const fastify = require("fastify");
const { Pool } = require("undici");
const byHand = require("./mapping.js");

const TO_ENAD = `(
  $countries := {"United States": "US"};
  $currency := currency;
  {
    "reference": "00000000-0000-4000-8000-000000000000", "source": "peer", "status": "placed", "language_code": "en",
    "currency_code": currency, "country_code": $lookup($countries, shipping_address.country),
    "lines": [line_items.{
      "product_id": product_id, "variant_id": variant_id, "quantity": quantity,
      "base_price_amount": price, "total_price_amount": price * quantity, "currency_code": $currency
    }],
    "shipping_address": {
      "given_name": shipping_address.first_name, "family_name": shipping_address.last_name,
      "street_address": shipping_address.address1, "city": shipping_address.city,
      "state_or_province": shipping_address.state, "postal_code": shipping_address.postal_code,
      "country_code": $lookup($countries, shipping_address.country),
      "telephone_number": shipping_address.phone, "email": email
    },
    "payment_method": payment_method, "sub_total": subtotal, "grand_total": total
  }
)`;
const TO_RECEIPT = `data.{
  "id": $string(id), "order_number": $string(reference), "email": $email, "total": $string(grand_total),
  "currency": currency_code, "status": "pending", "payment_status": "unknown", "created_at": $string(created_at)
}`;

const inJsonata = () => {
  const jsonata = require("jsonata"), order = jsonata(TO_ENAD), receipt = jsonata(TO_RECEIPT);
  return { toEnad: (given) => order.evaluate(given), toReceipt: (said, email) => receipt.evaluate(said, { email }) };
};

const { toEnad, toReceipt } = process.argv[2] === "jsonata" ? inJsonata() : byHand;
const backend = new Pool(process.env.PEER_BACKEND), path = process.env.PEER_PATH;
const headers = { "Content-Type": "application/json" };
const app = fastify();

app.post("/api/sync/v1/orders", async (request, reply) => {
  const body = JSON.stringify(await toEnad(request.body));
  const answer = await backend.request({ path, method: "POST", headers, body });
  reply.code(201);
  return toReceipt(await answer.body.json(), request.body.email);
});
app.listen({ port: Number(process.env.PEER_PORT), host: "127.0.0.1" });
