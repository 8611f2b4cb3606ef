"""What a Connector URL may be."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.connector_url import check_connector_url, is_loopback_host, refused_address


@pytest.mark.parametrize(
    "url",
    [
        "https://gateway.example.com/pay",
        "https://gateway.example.com:8443/pay?merchant=7",
        "https://münchen.example/pay",
        "https://10.0.0.5/pay",
        "https://[2001:db8::1]:8443/pay",
        "https://pay_1.example.com",
        "http://localhost:8490/pay",
        "http://LOCALHOST/pay",
        "http://127.0.0.1:1/pay",
        "http://127.9.9.9/pay",
        "http://[::1]/pay",
        "http://[::ffff:127.0.0.1]/pay",
        "HTTPS://h/",
    ],
)
def test_https_and_http_to_this_machine_are_right(url: str) -> None:
    assert check_connector_url(url) == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "is empty"),
        ("gateway.example.com/pay", "begins with https"),
        ("ftp://gateway.example.com/", "begins with https"),
        ("https:///pay", "names no host"),
        ("https://", "names no host"),
        ("http://gateway.example.com/pay", "Without https"),
        ("http://10.0.0.5/pay", "Without https"),
        ("http://localhost.example.com/pay", "Without https"),
        ("https://shop@gateway.example.com/pay", "user name"),
        ("https://shop:pw@gateway.example.com/pay", "user name"),
        ("https://@gateway.example.com/pay", "user name"),
        ("https://gateway.example.com/pay#top", "fragment"),
        ("https://gateway.example.com/pay#", "fragment"),
        ("https://gateway.example.com:0/pay", "port"),
        ("https://gateway.example.com:65536/pay", "port"),
        ("https://gateway.example.com:x/pay", "port"),
        ("https://gateway.example.com:/pay", "port"),
        ("https://gateway.example.com/a b", "space"),
        ("https://gateway.example.com\\@evil.example/", "space"),
        ("https://gateway.example.com/\n", "control"),
        ("https://[::1/pay", "cannot be read"),
        ("https://gate..way.example/pay", "not a host name"),
        ("https://-a.example/pay", "not a host name"),
        ("https://127.1/pay", "not a host name"),
        ("https://2130706433/pay", "not a host name"),
        ("https://0x7f.0.0.1/pay", "not a host name"),
        ("https://%31%32%37.0.0.1/pay", "not a host name"),
        ("https://[fe80::1%25eth0]/pay", "not a host name"),
        ("https://" + "a" * 64 + ".example/pay", "not a host name"),
        ("https://169.254.169.254/latest", "link-local"),
        ("https://[fe80::1]/pay", "link-local"),
        ("https://[::ffff:169.254.169.254]/pay", "link-local"),
        ("https://[64:ff9b::a9fe:a9fe]/pay", "link-local"),
        ("https://224.0.0.1/pay", "multicast"),
        ("https://[ff02::1]/pay", "multicast"),
        ("http://0.0.0.0:80/pay", "unspecified"),
        ("https://[::]/pay", "unspecified"),
        ("https://gateway.example.com/" + "a" * 2048, "2076 characters"),
    ],
)
def test_anything_else_is_told(url: str, sentence: str) -> None:
    problems = check_connector_url(url)
    assert any(sentence in each for each in problems), problems


def test_all_problems_are_told_at_once() -> None:
    assert len(check_connector_url("ftp://u:p@127.1:99999/#x")) == 5


@given(st.text() | st.text().map(lambda text: f"https://{text}"))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert isinstance(check_connector_url(text), list)


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "::1"])
def test_this_machine_has_few_names(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ["", "localhost.", "127.1", "10.0.0.1", "example.com", "::2"])
def test_anything_else_is_another_machine(host: str) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "192.168.0.1", "8.8.8.8", "::1", "2001:db8::1"])
def test_private_and_public_addresses_may_be_a_gateways(address: str) -> None:
    assert refused_address(ip_address(address)) is None
