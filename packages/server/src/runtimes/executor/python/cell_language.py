"""What cells understand besides Python: commands of the shell and a few that IPython has."""

import __future__
import ast
import builtins
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

Expr, Expression = ast.Expr, ast.Expression
TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
FUTURES = 0
for _name in __future__.all_feature_names:
    # These two have long been the rule; their bits mean something else.
    if _name not in ("nested_scopes", "generators"):
        FUTURES |= getattr(__future__, _name).compiler_flag

ESCAPE = re.compile(r"^(\s*)(?:([A-Za-z_]\w*)\s*=\s*)?([!%])([^!%=].*)$", re.S)
NAME = re.compile(r"\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
HOOK = "__cell_escape__"


class UsageError(Exception):
    """A command of a cell that cannot be carried out; shown without a traceback."""


def rename_frames(text):
    """Frames of cells as IPython names them."""
    return re.sub(r'File "(Cell In\[\d+\])", line', r"\1, line", text)


class Language:
    """Turns cells into trees, and carries out what is not Python."""

    def __init__(self, names, execute_file):
        self.names = names
        self.execute_file = execute_file
        self.previous = None
        setattr(builtins, HOOK, self.escape)
        self.magics = {
            "cd": self.cd,
            "env": self.env,
            "ls": lambda text: self.shell("ls " + text),
            "matplotlib": lambda _text: None,
            "pip": self.pip,
            "pwd": lambda _text: os.getcwd(),
            "run": self.run_file,
            "time": self.time,
        }
        self.cell_magics = {
            "bash": lambda text, body: self.script("bash", body),
            "sh": lambda text, body: self.script("sh", body),
            "time": lambda text, body: self.time(body),
            "writefile": self.write_file,
        }

    def parse(self, source, name, flags):
        """The tree of a cell; raises SyntaxError, or UsageError for a command that there is not."""
        first, _, body = source.lstrip().partition("\n")
        if first.startswith("%%"):
            return ast.parse("%s(%r, %r)" % (HOOK, "%%", "%s\n%s" % (first[2:], body)))
        lines = source.split("\n")
        # A line is a command only where it is no Python: it may stand in a text or after an open bracket.
        while True:
            try:
                options = flags | ast.PyCF_ONLY_AST | TOP_LEVEL_AWAIT
                return compile("\n".join(lines), name, "exec", options, True)
            except SyntaxError as error:
                if not replace_command(lines, (error.lineno or 0) - 1):
                    raise

    def escape(self, kind, text, is_value=False):
        """Carries out a command; the hook that cells call."""
        if kind == "!":
            return self.captured(text) if is_value else self.shell(text)
        if kind == "%%":
            first, _, body = text.partition("\n")
            word, _, rest = first.strip().partition(" ")
            return self.find(self.cell_magics, word, "%%")(rest.strip(), body)
        word, _, rest = text.strip().partition(" ")
        return self.find(self.magics, word, "%")(self.expand(rest.strip()))

    def find(self, table, word, sign):
        if word not in table:
            known = ", ".join(sign + name for name in sorted(table))
            raise UsageError("`%s%s` is not known here; there are %s, and !command for the shell." % (sign, word, known))
        return table[word]

    def expand(self, text):
        """`{name}` and `$name` mean variables of the cells, where there are such."""

        def value(match):
            name = match.group(1) or match.group(2)
            return str(self.names[name]) if name in self.names else match.group(0)

        return NAME.sub(value, text)

    def shell(self, text):
        program = shutil.which("bash") or "/bin/sh"
        result = subprocess.run([program, "-c", self.expand(text)], stdin=subprocess.DEVNULL)
        self.names["_exit_code"] = result.returncode

    def captured(self, text):
        program = shutil.which("bash") or "/bin/sh"
        result = subprocess.run([program, "-c", self.expand(text)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.names["_exit_code"] = result.returncode
        return result.stdout.decode("utf-8", "replace").splitlines()

    def script(self, program, body):
        if shutil.which(program) is None:
            raise UsageError("There is no %s in this sandbox." % program)
        code = subprocess.run([program, "-c", body], stdin=subprocess.DEVNULL).returncode
        if code != 0:
            raise UsageError("The script ended with exit code %d." % code)

    def cd(self, text):
        target = words(text)[0] if text else "~"
        here = os.getcwd()
        if target == "-":
            if self.previous is None:
                raise UsageError("%cd -: there was no other folder before.")
            target = self.previous
        try:
            os.chdir(os.path.expanduser(target))
        except OSError as error:
            raise UsageError("%%cd %s: %s" % (target, error.strerror)) from None
        self.previous = here
        print(os.getcwd())

    def env(self, text):
        if not text:
            return dict(os.environ)
        name, sign, value = text.partition("=")
        if not sign:
            name, sign, value = text.partition(" ")
        if sign:
            os.environ[name.strip()] = value.strip()
        elif name in os.environ:
            return os.environ[name]
        else:
            raise UsageError("%%env: there is no variable %s." % name)

    def pip(self, text):
        code = subprocess.run([sys.executable, "-m", "pip"] + words(text), stdin=subprocess.DEVNULL).returncode
        importlib.invalidate_caches()
        if code != 0:
            raise UsageError("pip ended with exit code %d." % code)

    def run_file(self, text):
        parts = words(text)
        if not parts:
            raise UsageError("%run needs the name of a file.")
        before = sys.argv
        sys.argv = parts
        try:
            self.execute_file(parts[0])
        finally:
            sys.argv = before

    def time(self, text):
        began, used = time.perf_counter(), time.process_time()
        tree = ast.parse(text)
        is_value = len(tree.body) == 1 and isinstance(tree.body[0], Expr)
        code = compile(text, "<time>", "eval" if is_value else "exec", 0, True)
        value = eval(code, self.names)
        took = (time.process_time() - used, time.perf_counter() - began)
        print("CPU time: %.3f s, wall time: %.3f s" % took)
        return value

    def write_file(self, text, body):
        if not text:
            raise UsageError("%%writefile needs the name of a file.")
        with open(words(text)[0], "w", encoding="utf-8") as file:
            file.write(body)
        print("Wrote %s" % words(text)[0])


def words(text):
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError("%s: %s" % (text, error)) from None


def replace_command(lines, index):
    """Puts a call into the place of a command; False when the line is none."""
    if not 0 <= index < len(lines):
        return False
    match = ESCAPE.match(lines[index])
    if match is None:
        return False
    indent, name, kind, text = match.groups()
    # A command that goes on after a backslash takes the next lines with it; their number stays the same.
    end = index + 1
    while text.endswith("\\") and end < len(lines):
        text = text[:-1] + " " + lines[end].strip() if kind == "%" else text + "\n" + lines[end]
        lines[end] = ""
        end += 1
    target = "%s = " % name if name else ""
    lines[index] = "%s%s%s(%r, %r, %r)" % (indent, target, HOOK, kind, text, name is not None)
    return True
