/** What dangerous code is recognised by, with the name that people are told. */
const DANGERS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(shutil\s*\.\s*(rmtree|move)|os\s*\.\s*(remove|unlink|rmdir|removedirs|rename|replace|chmod|chown|kill|killpg))\b/,
    'functions that delete or change files and processes',
  ],
  [
    /\.\s*(unlink|rmdir)\s*\(|\b(rmSync|unlinkSync|rmdirSync|rmtree|removeSync|rimraf|FileUtils\.rm\w*)\b/,
    'functions that delete files',
  ],
  [/\b(subprocess|pexpect|pty\.spawn|os\s*\.\s*(system|popen|exec\w*|spawn\w*|fork))\b/, 'other programs'],
  [
    /\b(child_process|execSync|spawnSync|Deno\.(run|Command)|Bun\.spawn|proc_open|shell_exec|passthru|popen)\b|\bsystem\s*\(?\s*["'(]/,
    'other programs',
  ],
  [/(^|[;\n])\s*[!%]{1,2}\s*\w|\bget_ipython\s*\(/, 'shell commands'],
  [
    /\b(eval|exec|compile|__import__|importlib|getattr\s*\(\s*(os|__builtins__)|globals\s*\(\s*\)\s*\[)\s*[(.]|\bnew\s+Function\b/,
    'code that is computed',
  ],
  [
    /\b(requests|httpx|aiohttp|urllib\d?|http\.client|smtplib|ftplib|telnetlib|paramiko|socket)\b|\bfetch\s*\(|\bXMLHttpRequest\b|\brequire\s*\(\s*['"](node:)?(https?|net|dgram|dns|tls)['"]/,
    'the network',
  ],
  [
    /['"`](\/(etc|usr|bin|sbin|boot|root|home|var|lib|opt|proc|sys|dev)\b|~\/|\.\.\/\.\.)/,
    'paths outside the workspace',
  ],
  [
    /Path\s*\.\s*home\s*\(|expanduser|homedir\s*\(|\bctypes\b|\bos\s*\.\s*environ\b|\bprocess\s*\.\s*env\b|\.(ssh|aws|netrc)\b/,
    "the user's home, keys or environment",
  ],
]

/** Names the first dangerous thing that a piece of Python, JavaScript or such does; it reads patterns, not meaning. */
export function dangerInCode(code: string): string | undefined {
  return DANGERS.find(([pattern]) => pattern.test(code))?.[1]
}
