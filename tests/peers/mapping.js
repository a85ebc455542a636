// A canonical order said in Enad's dialect by hand, and its answer read.
const COUNTRIES = { "United States": "US" };

exports.toEnad = (order) => {
  const at = order.shipping_address, country = COUNTRIES[at.country];
  return {
    reference: "00000000-0000-4000-8000-000000000000", source: "peer", status: "placed", language_code: "en",
    currency_code: order.currency, country_code: country,
    lines: order.line_items.map((line) => ({
      product_id: line.product_id, variant_id: line.variant_id, quantity: line.quantity,
      base_price_amount: line.price, total_price_amount: line.price * line.quantity, currency_code: order.currency,
    })),
    shipping_address: {
      given_name: at.first_name, family_name: at.last_name, street_address: at.address1, city: at.city,
      state_or_province: at.state, postal_code: at.postal_code, country_code: country,
      telephone_number: at.phone, email: order.email,
    },
    payment_method: order.payment_method, sub_total: order.subtotal, grand_total: order.total,
  };
};

exports.toReceipt = ({ data }, email) => ({
  id: String(data.id), order_number: String(data.reference), email, total: String(data.grand_total),
  currency: data.currency_code, status: "pending", payment_status: "unknown", created_at: String(data.created_at),
});
