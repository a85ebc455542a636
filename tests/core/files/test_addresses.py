"""Addresses that no order of a real person is sent to, and URLs that may lead to one."""

import pytest

from adapter.core.files.addresses import explain_address, explain_url

# Each with its neighbours where there are any: one off on either side would be a hole or a public machine locked out.
FORBIDDEN = [
    *("0.0.0.1", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255"),
    *(
        "127.0.0.1",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.0.0",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
    ),
    *("192.0.0.0", "192.0.0.192", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255"),
    *("198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:20::1"),
    *("2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254"),
    *("fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1"),
]
PUBLIC = [
    *(
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
    ),
    *("168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0"),
    *("192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
    *("2001:200::1", "2606:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "3fff:1000::1"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_special_addresses_are_told_why(address: str) -> None:
    assert explain_address(address) != ""


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_all_right(address: str) -> None:
    assert explain_address(address) == ""


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "0x7f000001", "127.1", "017700000001", "1.2.3.4.5"])
def test_a_name_is_no_address_however_it_is_spelt(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        explain_address(text)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://shop.test", "expected an https URL, found 'http://shop.test'"),
        ("https://me:secret@shop.test", "expected a URL without credentials, query and fragment"),
        ("https://me@shop.test/v1", "expected a URL without credentials, query and fragment"),
        ("https://shop.test/?a=b", "expected a URL without credentials, query and fragment"),
        ("https://shop.test/#a", "expected a URL without credentials, query and fragment"),
        ("https://shop.test:8080", "expected the port 443 or 8443, found 8080"),
        ("https://shop.test:22", "expected the port 443 or 8443, found 22"),
        ("https://127.0.0.1/v1", "expected a public address, found 127.0.0.1: this machine"),
        ("https://[::1]:8443", "expected a public address, found ::1: no public address of IPv6"),
        ("https://10.1.2.3", "expected a public address, found 10.1.2.3: private"),
    ],
)
def test_a_url_that_does_not_lead_to_the_open_net_is_told_why(url: str, why: str) -> None:
    assert explain_url(url) == why


@pytest.mark.parametrize(
    "url", ["https://shop.test", "https://shop.test:8443/v1", "https://8.8.8.8:443", "https://[2606:4700::1]"]
)
def test_a_url_of_the_open_net_is_all_right(url: str) -> None:
    assert explain_url(url) == ""
