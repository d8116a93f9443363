"""What browsers may do on our pages: the policy for content, cookies, and closed devices."""

from csp.constants import NONCE, NONE, SELF, UNSAFE_INLINE

# Whatever is not for a page of Unfold's frame: answers to programs, sign-in, refusals, errors.
# The frame's own additions are in `qc.admin.site`.
POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # A script within a page would need `nonce="{{ request.csp_nonce }}"`: there is none.
        "script-src": [SELF, NONCE],
        # Unfold's colours are in the page, and htmx and charts set styles of elements.
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

CLOSED = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)
PERMISSIONS_POLICY = ", ".join(f"{device}=()" for device in CLOSED)


def cookie_name(name: str, *, https: bool) -> str:
    """Return a name by which browsers take a cookie through HTTPS and from this very host only."""
    return f"__Host-{name}" if https else name
