"""Shows the values of cells: text where they print, images beside it."""

import base64
import importlib.abc
import importlib.machinery
import os
import pprint
import sys
import warnings

IMAGE_BYTES = 2_000_000
IMAGES = 8
# Longer values are shown on one line: setting them out takes its time.
PRETTY = 10_000
IMAGE_KINDS = (("_repr_png_", "image/png"), ("_repr_jpeg_", "image/jpeg"))
TEXT_KINDS = ("_repr_markdown_", "_repr_html_", "_repr_latex_")


class Display:
    """`display(...)` of cells."""

    def __init__(self, send):
        self.send = send
        self.count = 0
        # Programs that a cell starts draw into files too.
        os.environ.setdefault("MPLBACKEND", "Agg")
        sys.meta_path.insert(0, PlotFinder(self))

    def __call__(self, *values, **_options):
        for value in values:
            self.show(value)

    def begin_anew(self):
        self.count = 0

    def show(self, value):
        bundle = mimebundle(value)
        images = [(kind, bundle[kind]) for _, kind in IMAGE_KINDS if kind in bundle][:1]
        for kind, data in images:
            self.image(kind, data)
        print(bundle.get("text/plain") or text_of(value, bool(images)))

    def image(self, kind, data):
        if len(data) > IMAGE_BYTES:
            print("[An image of %d bytes was left out: at most %d are shown.]" % (len(data), IMAGE_BYTES))
        elif self.count >= IMAGES:
            print("[An image was left out: at most %d are shown.]" % IMAGES)
        elif self.send({"type": "image", "media": kind}, data):
            self.count += 1

    def show_figures(self):
        """Shows and closes the figures that are open."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        import io

        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            file = io.BytesIO()
            try:
                figure.savefig(file, format="png", bbox_inches="tight")
                self.image("image/png", file.getvalue())
            finally:
                pyplot.close(figure)


def mimebundle(value):
    """Images, by kind, and perhaps a text of what an object knows to show of itself."""
    found = {}
    if isinstance(value, type):
        return found
    whole = ask(value, "_repr_mimebundle_")
    if isinstance(whole, dict):
        for kind, data in whole.items():
            if kind == "text/plain" and isinstance(data, str):
                found[kind] = data
            elif kind in ("image/png", "image/jpeg"):
                found[kind] = data
    for method, kind in IMAGE_KINDS:
        data = found.get(kind) or ask(value, method)
        data = as_bytes(data)
        if data:
            found[kind] = data
        else:
            found.pop(kind, None)
    return found


def as_bytes(data):
    if isinstance(data, str):
        try:
            return base64.b64decode(data, validate=False)
        except ValueError:
            return None
    return bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else None


def ask(value, method):
    """What a method of the object's class returns, without what it says about it; None where there is none."""
    function = getattr(type(value), method, None)
    if not callable(function):
        return None
    try:
        result = function(value)
    except Exception as error:
        print("[%s failed: %s: %s]" % (method, type(error).__name__, error))
        return None
    return result[0] if isinstance(result, tuple) and result else result


def text_of(value, has_image):
    """A representation that says something; markup is shown only of what has no other."""
    if type(value).__repr__ is object.__repr__ and not has_image and not isinstance(value, type):
        for method in TEXT_KINDS:
            text = ask(value, method)
            if isinstance(text, str) and text:
                return text
    text = repr(value)
    if 80 < len(text) < PRETTY and type(value) in (dict, list, tuple, set, frozenset):
        return pprint.pformat(value, width=100, compact=True, sort_dicts=False)
    return text


class PlotFinder(importlib.abc.MetaPathFinder):
    """Sees to it that `pyplot.show` shows, whoever imports it."""

    def __init__(self, display):
        self.display = display

    def find_spec(self, name, path, target=None):
        if name != "matplotlib.pyplot":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute, display = spec.loader.exec_module, self.display

        # A function, as pyplot gives it attributes.
        def show(*_arguments, **_options):
            display.show_figures()

        def exec_module(module):
            execute(module)
            module.show = show
            warnings.filterwarnings("ignore", message=".*cannot (be shown|show the figure).*")

        spec.loader.exec_module = exec_module
        return spec
