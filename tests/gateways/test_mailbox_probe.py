"""Trying a mailbox out, as the admin's page does."""

import pytest

from gateways.errors import GatewayError, Misconfigured
from gateways.probes import probe_of
from tests.gateways.test_imap import RAW, through
from tests.peers.imap import Folder, imap_peer
from tests.peers.smtp import smtp_peer


def test_a_mailbox_tells_whether_it_knows_us_can_be_read_and_takes_what_we_send():
    with imap_peer() as peer, smtp_peer() as smtp:
        given = {"smtp_host": "127.0.0.1", "smtp_port": smtp.port, "smtp_security": "none", "smtp_seconds": 2}
        connection = through(peer, **given)
        probe = probe_of(connection)
        assert probe.sign_in(connection) == "Signed in at the SMTP and the IMAP server"
        assert probe.sign_in(through(peer, **given, imap_host="")) == "Signed in at the SMTP server"
        assert probe.receive(connection) == "The mailbox can be read; it is empty"
        peer.put(RAW)
        assert probe.receive(connection) == f"The newest mail can be read: {len(RAW)} bytes"
        assert "taken it as: r." in probe.send(connection, "ada@shop.example")
        [taken] = smtp.ledger
        assert taken.recipients == ("ada@shop.example",) and b"Auto-Submitted: auto-replied" in taken.raw
        # A folder that is not there, a wrong word, an address that is none: told before anybody relies on it.
        with pytest.raises(GatewayError, match="no such folder"):
            probe.receive(through(peer, **given, sent_folder="Sent"))
        peer.folders["Sent"] = Folder()
        assert probe.receive(through(peer, **given, sent_folder="Sent"))
        with pytest.raises(Misconfigured):
            probe.sign_in(through(peer, password="wrong", **given))
        with pytest.raises(GatewayError):
            probe.send(connection, "ada@shop.example\r\nRCPT TO:<eve@evil.example>")
        assert len(smtp.ledger) == 1
