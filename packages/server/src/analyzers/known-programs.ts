/** Programs that only look, compute, or build inside the workspace: what is dangerous about them is in the rules. */
export const KNOWN_PROGRAMS: ReadonlySet<string> = new Set(
  `ls cat bat head tail grep egrep fgrep rg ag sed awk gawk mawk wc sort uniq cut tr diff cmp comm file stat du df pwd
   echo printf true false test [ [[ date which type whereis whoami id groups uname hostname tree basename dirname realpath
   readlink sleep seq env printenv jq yq xxd od hexdump md5sum sha1sum sha256sum sha512sum cksum base64 base32 column
   paste join nl tac rev fold fmt expand unexpand strings less more cd pushd popd dirs export unset set shopt local
   declare typeset readonly read return exit break continue shift wait jobs fg bg : let getopts umask ulimit times
   history mapfile readarray command builtin exec time nohup nice timeout stdbuf setsid xargs eval trap alias unalias
   find fd git mkdir touch cp mv ln tee truncate install chmod tar zip unzip gzip gunzip zcat bzip2 xz ps top free
   uptime lsof nproc clear tput man help info yes tsort shuf factor bc dc expr iconv dos2unix patch split csplit
   make cmake ninja meson cargo rustc go gofmt npm pnpm yarn bun node tsc vite esbuild eslint prettier biome jest vitest
   mocha pytest tox nox ruff black mypy pyright flake8 pylint isort gcc g++ cc c++ clang clang++ ld ar javac java mvn
   gradle dotnet python python3 sh bash dash zsh ruby perl php lua sqlite3 source .`
    .trim()
    .split(/\s+/),
)
