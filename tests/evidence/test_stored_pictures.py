"""Pictures are stored encoded anew: upright, not too large, with nothing else in them."""

import io

import pytest
from PIL import Image, ImageCms

from qc.models import Task, User
from tests.databases import on_sqlite
from tests.evidence.files import add, image_of, photo_of_a_phone, picture, stored

pytestmark = [pytest.mark.django_db, on_sqlite]


def test_photo_is_upright_and_says_nothing_of_place_or_camera(task: Task, anna: User) -> None:
    sent = photo_of_a_phone()
    assert b"Phones Inc" in sent
    row = add(task, anna, sent)
    image = image_of(row)
    assert (image.format, image.size) == ("JPEG", (40, 60))
    assert not image.getexif()
    for word in (b"Phones", b"Exif", b"from my phone"):
        assert word not in stored(row.file)
        assert word not in stored(row.thumbnail)


def test_large_photo_is_made_smaller_and_has_a_thumbnail(task: Task, anna: User) -> None:
    row = add(task, anna, picture(size=(6000, 3000)))
    assert image_of(row).size == (4000, 2000)
    assert image_of(row, thumbnail=True).size == (320, 160)


@pytest.mark.parametrize(
    ("format", "mode", "kept"),
    [
        ("PNG", "RGB", "PNG"),
        ("PNG", "RGBA", "PNG"),
        ("PNG", "P", "PNG"),
        ("PNG", "1", "PNG"),
        ("WEBP", "RGB", "JPEG"),
        ("WEBP", "RGBA", "PNG"),
        ("GIF", "P", "PNG"),
        ("JPEG", "L", "JPEG"),
        ("JPEG", "CMYK", "JPEG"),
    ],
)
def test_every_kind_of_picture_becomes_jpeg_or_png(
    format: str, mode: str, kept: str, task: Task, anna: User
) -> None:
    colour = (10, 20, 30, 128)[: len(Image.new(mode, (1, 1)).getbands())]
    content = picture(format, mode=mode, colour=colour if len(colour) > 1 else 0)
    row = add(task, anna, content, "picture.any")
    assert image_of(row).format == kept
    assert row.content_type == f"image/{kept.lower()}"
    assert row.name == {"PNG": "picture.png", "JPEG": "picture.jpg"}[kept]


def test_moving_picture_becomes_its_first_frame(task: Task, anna: User) -> None:
    written = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    image = image_of(add(task, anna, written.getvalue(), "moving.gif"))
    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_greys_of_sixteen_bits_stay_greys(task: Task, anna: User) -> None:
    content = picture("PNG", mode="I;16", colour=0x8000)
    pixel = image_of(add(task, anna, content, "x-ray.png")).convert("L").getpixel((5, 5))
    assert pixel == 128


def test_colours_of_another_profile_are_shown_alike_without_it(task: Task, anna: User) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    row = add(task, anna, picture("PNG", icc_profile=profile), "odd.png")
    assert "icc_profile" not in image_of(row).info
    row = add(task, anna, picture("PNG", colour="red", icc_profile=b"broken"), "broken.png")
    assert "icc_profile" not in image_of(row).info


def test_other_files_are_stored_as_they_are_and_named_by_what_they_are(
    task: Task, anna: User
) -> None:
    row = add(task, anna, b"a;b\n1;2\n", "report.csv")
    assert (row.name, row.content_type, row.thumbnail) == ("report.csv", "text/plain", "")
    assert stored(row.file) == b"a;b\n1;2\n"
    row = add(task, anna, b"%PDF-1.7\n\x00\x01", "report.exe")
    assert (row.name, row.content_type) == ("report.pdf", "application/pdf")
