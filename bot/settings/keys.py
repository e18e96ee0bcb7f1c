"""New keys, for `payrunbot keys new`: the one place of the settings that is not repeatable."""

import base64
import secrets


def new_key() -> str:
    """32 random bytes as Fernet wants them: for tokens, sessions and audit alike."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
