"""Pictures, encoded anew: upright, in sRGB, not too large, with nothing of their sender in them.

Whatever else was in the file stays behind: place and camera (EXIF), comments, other programs' data.
"""

import io
import threading
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, NamedTuple, cast

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from qc.checks.evidence import kinds
from qc.checks.evidence.kinds import Kind
from qc.core.exceptions import InvalidInput

# The longest side of what is stored, and of its thumbnail.
LONGEST_SIDE = 4000
THUMBNAIL = 320
# What is larger is refused before anything of it is decoded: a small file may be a vast picture.
MOST_SIDE = 20_000
MOST_MEGAPIXELS = 50
IN_MEMORY = 2 * 1024 * 1024
QUALITY = 90
# Of a PNG: three times as fast as the default, and no larger for photos.
COMPRESSION = 3
THUMBNAIL_QUALITY = 80
FORMATS = {kinds.JPEG: "JPEG", kinds.PNG: "PNG", kinds.GIF: "GIF", kinds.WEBP: "WEBP"}
FORMATS |= {kinds.HEIC: "HEIF"}
# Of these, screenshots and drawings are made, whose edges JPEG would blur.
DRAWN = (kinds.PNG, kinds.GIF)
SRGB = ImageCms.createProfile("sRGB")

# Ours is stricter, and refuses in words.
Image.MAX_IMAGE_PIXELS = None
# Each may take some hundred megabytes while it is decoded: not many at a time.
_decoding = threading.BoundedSemaphore(2)


class Picture(NamedTuple):
    """A picture as it is stored, and its thumbnail, which is a JPEG."""

    file: BinaryIO
    kind: Kind
    thumbnail: bytes


def encode(file: BinaryIO, kind: Kind) -> Picture:
    """Return a picture encoded anew. Raise InvalidInput for a damaged or too large one."""
    if FORMATS[kind] not in _readable():
        raise InvalidInput("file", _heic_refusal())
    with _decoding:
        try:
            image = _finished(_opened(file, kind))
        except InvalidInput:
            raise
        # Pillow raises errors of many kinds for damaged files.
        except Exception as error:
            raise InvalidInput("file", _("This picture is damaged and can't be read.")) from error
        kept = kinds.PNG if kind in DRAWN or image.mode == "RGBA" else kinds.JPEG
        return Picture(_stored(image, kept), kept, _thumbnail(image))


def _readable() -> set[str]:
    Image.init()
    return set(Image.OPEN)


def _heic_refusal() -> str:
    return _(
        "This is a HEIC photo, which can't be read here. Choose JPEG (“Most Compatible”) in the "
        "settings of the camera, or send a JPEG."
    )


def _opened(file: BinaryIO, kind: Kind) -> Image.Image:
    """Return the first frame, decoded; a JPEG in about the size that is needed."""
    file.seek(0)
    image: Image.Image = Image.open(file, formats=[FORMATS[kind]])
    if max(image.size) > MOST_SIDE:
        raise _too_large(image)
    if not image.info.get("progressive"):
        factor = LONGEST_SIDE / max(image.size)
        image.draft(image.mode, (round(image.width * factor), round(image.height * factor)))
    if image.width * image.height > MOST_MEGAPIXELS * 1_000_000:
        raise _too_large(image)
    image.load()
    return image


def _too_large(image: Image.Image) -> InvalidInput:
    sentence = _(
        "This picture has %(width)d × %(height)d pixels: at most %(side)d on a side and %(all)d "
        "million are allowed."
    )
    sizes = {"width": image.width, "height": image.height}
    sizes |= {"side": MOST_SIDE, "all": MOST_MEGAPIXELS}
    return InvalidInput("file", sentence % sizes)


def _finished(image: Image.Image) -> Image.Image:
    """Return it in RGB or RGBA, within the longest side, upright, and with nothing else in it."""
    profile = image.info.get("icc_profile")
    image = _in_colours(image)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    image = _in_srgb(ImageOps.exif_transpose(image), profile)
    image.info = {}
    return image


def _in_colours(image: Image.Image) -> Image.Image:
    """Return an image in RGB, or in RGBA where it is transparent."""
    if image.mode.startswith("I"):
        # Greys of 16 bits, which Pillow would cut off at 255.
        image = image.convert("I").point(lambda grey: grey / 256).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an image with its colours as a browser shows them without a profile."""
    if not profile:
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, own, SRGB, outputMode=image.mode) or image
    except (ImageCms.PyCMSError, OSError):
        # A profile of other colours, or a broken one.
        return image


def _stored(image: Image.Image, kind: Kind) -> BinaryIO:
    file = cast("BinaryIO", SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - stored later
    image.save(file, FORMATS[kind], quality=QUALITY, compress_level=COMPRESSION)
    return file


def _thumbnail(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")
    written = io.BytesIO()
    small.save(written, "JPEG", quality=THUMBNAIL_QUALITY)
    return written.getvalue()
