"""Pictures of a network, made without a window."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from graph import Document, Network
from gui import theme
from gui.canvas.picture import picture


@pytest.fixture
def document(qapp):
    theme.apply(qapp, "dark")
    net = Network("Small")
    last = net.add("Input", name="image", shape=(1, 12, 12))
    for type, values in (("Conv2d", {"out_channels": 4, "kernel_size": 3}), ("ReLU", {}), ("Flatten", {})):
        block = net.add(type, **values)
        net.connect(last, block)
        last = block
    return Document(net)


@pytest.mark.parametrize("name, ground", [("light", 240), ("dark", 40)])
def test_png_is_twice_the_size_and_in_the_theme(document, tmp_path, name, ground):
    path = tmp_path / "small.png"
    picture(document, path, name)
    image = QImage(str(path))
    assert image.height() > 2 * 4 * 76 and image.width() > 2 * 184
    assert abs(QColor(image.pixel(3, 3)).lightness() - ground) < 20
    seen = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    family = (theme.LIGHT if name == "light" else theme.DARK).family["convolution"]
    assert family.name() in seen
    assert theme.current().name == "dark"  # the window's theme is left as it was


@pytest.mark.row(39)
def test_svg_holds_the_words(document, tmp_path):
    path = tmp_path / "small.svg"
    picture(document, path)
    root = ElementTree.parse(path).getroot()
    words = " ".join(element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text"))
    for expected in ("conv", "Conv2d", "4, 3x3", "N x 4 x 10 x 10", "40"):
        assert expected in words
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    assert height > 4 * 76 and width > 184


def test_a_picture_leaves_the_document_alone(document, tmp_path):
    document.do(__import__("graph").edits.RenameNetwork("Other"))
    undo = document.undo_text
    picture(document, tmp_path / "a.svg")
    assert document.undo_text == undo and len(document.network.wires) == 3


def test_an_empty_network_still_gives_a_picture(qapp, tmp_path):
    picture(Document(Network("Nothing")), tmp_path / "nothing.png")
    assert not QImage(str(tmp_path / "nothing.png")).isNull()


def test_a_place_that_cannot_be_written_is_told(document, tmp_path):
    for name in ("gone/x.png", "gone/x.svg"):
        with pytest.raises(OSError):
            picture(document, tmp_path / name)


def test_another_ending_is_refused(document, tmp_path):
    with pytest.raises(ValueError, match=r"\.png, \.svg or \.pdf"):
        picture(document, tmp_path / "x.bmp")
    assert QApplication.instance() is not None


@pytest.mark.row(39)
def test_a_pdf_is_one_page_as_large_as_the_network_with_its_words_as_text(document, tmp_path):
    path = tmp_path / "net.pdf"
    picture(document, path)
    data = path.read_bytes()
    assert data.startswith(b"%PDF") and data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") <= 2
    assert b"/Font" in data
    box = re.search(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)", data)
    assert float(box[1]) < float(box[2])  # taller than wide, as the chain is
