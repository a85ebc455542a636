"""Settings: what the environment says, what it is silent on, and what it says wrongly."""

from pathlib import Path

import pytest

from adapter.errors import SetupError
from adapter.shell.settings import Settings, read_settings


def test_a_silent_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert Settings().host == "127.0.0.1"


def test_each_setting_has_its_variable() -> None:
    said = {
        "ADAPTER_ENVIRONMENT": "development",
        "ADAPTER_TENANTS": "/etc/adapter/tenants.toml",
        "ADAPTER_JOURNAL": "/var/lib/adapter/journal.db",
        "ADAPTER_DIALECTS": "own",
        "ADAPTER_HOST": "0.0.0.0",  # noqa: S104  # read, not listened on
        "ADAPTER_PORT": "80",
        "ADAPTER_BODY_LIMIT": "1024",
        "ADAPTER_WORKERS": "4",
        "ADAPTER_CONNECTIONS": "128",
        "ADAPTER_BODY_SECONDS": "5",
        "ADAPTER_REQUESTS": "64",
        "ADAPTER_ORDERS_PER_TENANT": "8",
        "ADAPTER_RECOVERY_PAUSE": "0.5",
        "ADAPTER_JOURNAL_KEY": "env:NEW_KEY,env:OLD_KEY",
        "ADAPTER_LOG_LEVEL": "warning",
        "ADAPTER_ADMIN_HOST": "::1",
        "ADAPTER_ADMIN_PORT": "81",
        "ADAPTER_ADMIN_KEY": "file:/run/secrets/operator",
    }

    assert said.keys() == {f"ADAPTER_{name.upper()}" for name in Settings.__struct_fields__}
    assert read_settings(said | {"PORT": "1", "adapter_port": "2"}) == Settings(
        environment="development",
        tenants=Path("/etc/adapter/tenants.toml"),
        journal=Path("/var/lib/adapter/journal.db"),
        dialects=Path("own"),
        host="0.0.0.0",  # noqa: S104
        port=80,
        workers=4,
        connections=128,
        body_limit=1024,
        body_seconds=5.0,
        requests=64,
        orders_per_tenant=8,
        recovery_pause=0.5,
        journal_key="env:NEW_KEY,env:OLD_KEY",
        log_level="warning",
        admin_host="::1",
        admin_port=81,
        admin_key="file:/run/secrets/operator",
    )


@pytest.mark.parametrize("variable", ["ADAPTER_PORT", "ADAPTER_BODY_LIMIT"])
@pytest.mark.parametrize("text", ["", "eighty", "80.5", "0x50", "-1"])
def test_a_number_that_is_none_is_named_by_its_variable(variable: str, text: str) -> None:
    with pytest.raises(SetupError) as caught:
        read_settings({variable: text})

    assert caught.value.at == variable
    assert str(caught.value).endswith(f"at `{variable}`")


def test_a_port_that_no_machine_has_is_refused() -> None:
    with pytest.raises(SetupError, match="ADAPTER_PORT"):
        read_settings({"ADAPTER_PORT": "65536"})
