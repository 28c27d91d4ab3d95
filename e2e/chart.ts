/** A module for a cell of Python that draws bars without any library: `bars({'a': 1})` is shown as a picture. */
export const chart = `import struct, zlib

class Bars:
    """Two colours and no library: a picture for each number."""
    def __init__(self, values, width=560, height=220):
        self.values, self.width, self.height = values, width, height

    def __repr__(self):
        return f'{len(self.values)} bars'

    def _repr_png_(self):
        most, step = max(self.values), self.width // len(self.values)
        def dot(x, y):
            place, value = x % step, self.values[min(x // step, len(self.values) - 1)]
            inside = step * 0.2 < place < step * 0.8 and self.height - y < value / most * (self.height - 16)
            return b'\\x0f\\x64\\x60' if inside else b'\\xff\\xff\\xff'
        rows = b''.join(b'\\0' + b''.join(dot(x, y) for x in range(self.width)) for y in range(self.height))
        def chunk(kind, data):
            return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
        head = struct.pack('>IIBBBBB', self.width, self.height, 8, 2, 0, 0, 0)
        return b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
`
