"""Runs cells of Python with a state that they share, for the executor.

Requests come in frames on descriptor 3 and answers go out on descriptor 4; a frame is a line of JSON and, where the line
says `"bytes"`, so many bytes. What cells and their children print goes into one pipe, both streams of it, so that its
order is kept; when a cell has ended, a marker in that pipe says where its output ends. Nothing but the standard library
is needed.
"""

import sys

if sys.version_info < (3, 8):
    sys.exit("Python cells need Python 3.8 or newer; this is %d.%d." % sys.version_info[:2])

import builtins
import json
import linecache
import os
import signal
import threading
import traceback
import types

# Nothing is to be written beside this program.
writes_nothing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
import cell_display
import cell_language

sys.dont_write_bytecode = writes_nothing

REQUESTS, ANSWERS = 3, 4
# Sources of so many cells are kept for tracebacks.
KEPT_SOURCES = 1000
ASYNCHRONOUS = 0x80
# Errors that led to one another, of which so many are looked at.
CHAINED = 100
HERE = os.path.dirname(os.path.abspath(__file__))


class Channel:
    """Frames from and to the executor."""

    def __init__(self):
        os.set_inheritable(REQUESTS, False)
        os.set_inheritable(ANSWERS, False)
        self.requests = os.fdopen(REQUESTS, "rb")
        self.lock = threading.Lock()
        self.pid = os.getpid()

    def receive(self):
        """The header and body of the next request; None when there will be no more."""
        line = self.requests.readline()
        if not line:
            return None
        header = json.loads(line)
        return header, self.requests.read(header.get("bytes", 0))

    def send(self, header, body=b""):
        """Whether it was sent; a copy of this process that a cell has made must not answer for it."""
        if os.getpid() != self.pid:
            return False
        if body:
            header = dict(header, bytes=len(body))
        rest = memoryview(json.dumps(header).encode() + b"\n" + body)
        with self.lock:
            while rest:
                rest = rest[os.write(ANSWERS, rest):]
        return True


class Output:
    """The pipe that everything is printed into."""

    def __init__(self, nonce):
        self.nonce = nonce
        self.reader, writer = os.pipe()
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        self.writer = writer
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True)

    def flush(self):
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            try:
                stream.flush()
            except Exception:
                pass
        try:
            import ctypes

            ctypes.CDLL(None).fflush(None)
        except Exception:
            pass

    def mark(self, number):
        os.write(self.writer, b"\x1b]633;%s;%d\x07" % (self.nonce, number))


class Cells:
    """Carries out one cell after the other."""

    def __init__(self, display):
        self.display = display
        self.loop = None
        self.flags = 0
        self.is_running = False
        self.pid = os.getpid()
        module = types.ModuleType("__main__")
        module.__builtins__ = builtins
        sys.modules["__main__"] = module
        self.names = module.__dict__
        self.language = cell_language.Language(self.names, self.execute_file)

    def interrupt(self, _number, _frame):
        if self.is_running:
            raise KeyboardInterrupt

    def run(self, number, source):
        """Whether the cell has succeeded."""
        signal.signal(signal.SIGINT, self.interrupt)
        name = "Cell In[%d]" % number
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        linecache.cache.pop("Cell In[%d]" % (number - KEPT_SOURCES), None)
        try:
            self.is_running = True
            self.execute(source, name)
            self.display.show_figures()
            return True
        except SystemExit as end:
            return self.exited(end.code)
        except BaseException as error:
            self.is_running = False
            self.report(error)
            return False
        finally:
            self.is_running = False
            if os.getpid() != self.pid:
                self.end_copy()

    def execute(self, source, name):
        tree = self.language.parse(source, name, self.flags)
        last = None
        if tree.body and isinstance(tree.body[-1], cell_language.Expr):
            last = cell_language.Expression(tree.body.pop().value)
        if tree.body:
            self.evaluate(tree, name, "exec")
        if last is not None:
            value = self.evaluate(last, name, "eval")
            if value is not None:
                self.remember(value)
                if not source.rstrip().endswith(";"):
                    self.display.show(value)

    def evaluate(self, tree, name, mode):
        code = compile(tree, name, mode, self.flags | cell_language.TOP_LEVEL_AWAIT, True)
        self.flags |= code.co_flags & cell_language.FUTURES
        value = eval(code, self.names)
        return self.wait_for(value) if code.co_flags & ASYNCHRONOUS else value

    def execute_file(self, path):
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", 0, True)
        exec(code, self.names)

    def wait_for(self, coroutine):
        import asyncio

        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        task = self.loop.create_task(coroutine)
        try:
            return self.loop.run_until_complete(task)
        finally:
            if not task.done():
                task.cancel()
                self.loop.run_until_complete(asyncio.gather(task, return_exceptions=True))

    def remember(self, value):
        """`_` is the last value, `__` and `___` those before, unless the cell uses the name for something else."""
        names, last = self.names, getattr(self, "last", None)
        if names.get("_", last) is last:
            names["___"], names["__"], names["_"] = names.get("__"), names.get("_"), value
            self.last = value

    def exited(self, code):
        if code not in (None, 0):
            print("SystemExit: %s" % (code,), file=sys.stderr)
        if os.getpid() != self.pid:
            self.end_copy(code)
        return code in (None, 0)

    def report(self, error):
        """Prints a traceback that begins with the cell, without frames of this program."""
        if isinstance(error, cell_language.UsageError):
            sys.stderr.write("UsageError: %s\n" % error)
            return
        trace = error.__traceback__
        while trace is not None and not trace.tb_frame.f_code.co_filename.startswith("Cell In["):
            trace = trace.tb_next
        whole = traceback.TracebackException(type(error), error, trace)
        part, count = whole, 0
        while part is not None and count < CHAINED:
            part.stack[:] = [frame for frame in part.stack if os.path.dirname(frame.filename) != HERE]
            part, count = part.__cause__ or part.__context__, count + 1
        sys.stderr.write(cell_language.rename_frames("".join(whole.format())))

    def end_copy(self, code=0):
        """A copy of this process that the cell has made ends with the cell."""
        try:
            sys.stdout.flush()
        finally:
            os._exit(code if isinstance(code, int) else 0)


def no_input(prompt=""):
    """Stands in for `input`."""
    print(prompt, end="", flush=True)
    raise EOFError("nobody can type into a cell; set the value in the code")


class Quit:
    """Stands in for `exit` and `quit`, which would close the standard input."""

    def __repr__(self):
        return "Nothing ends Python but the session."

    def __call__(self, code=None):
        raise SystemExit(code)


def main():
    channel = Channel()
    output = Output(sys.argv[1].encode())
    cells = Cells(cell_display.Display(channel.send))
    signal.signal(signal.SIGINT, cells.interrupt)
    builtins.input = no_input
    builtins.exit = builtins.quit = Quit()
    builtins.display = cells.display
    sys.argv = [""]
    sys.path[0] = ""
    channel.send({"type": "ready", "output": output.reader, "interpreter": sys.executable})
    while True:
        request = channel.receive()
        if request is None:
            break
        header, body = request
        if header["type"] == "opened":
            os.close(output.reader)
            continue
        try:
            ok = cells.run(header["cell"], body.decode())
        except KeyboardInterrupt:
            ok = False
        output.flush()
        try:
            directory = os.getcwd()
        except OSError:
            directory = ""
        cells.display.begin_anew()
        channel.send({"type": "done", "cell": header["cell"], "ok": ok, "directory": directory})
        output.mark(header["cell"])
    os._exit(0)


if __name__ == "__main__":
    main()
