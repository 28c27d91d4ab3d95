import type { Call } from './call.ts'
import { dangerInCode } from './code-rules.ts'
import { gitRules } from './git-rules.ts'
import type { Place } from './place.ts'
import type { Rule } from './rule.ts'
import { type Assignment, RECURSION, type Word } from './shell-command.ts'
import { firstIn, mentioned, written } from './targets.ts'
import { SHELLS } from './unwrap.ts'

const BEYOND: readonly Place[] = ['outside', 'device', 'secret']
const yes = (condition: boolean): string | undefined => (condition ? '' : undefined)
const always = (): string => ''
const verbIn =
  (...verbs: string[]) =>
  (call: Call): string | undefined =>
    verbs.find(verb => `${call.operands.map(({ text }) => text).join(' ')} `.startsWith(`${verb} `))

const isRecursive = (call: Call): boolean => call.has('-r', '-R', '--recursive')
const isComputed = (call: Call, words: readonly Word[]): boolean => words.some(word => call.place(word) === undefined)
const DOWNLOADERS = ['curl', 'wget', 'http', 'https', 'xh', 'aria2c', 'axel', 'lynx', 'w3m']
const INTERPRETERS = [
  'python',
  'python2',
  'python3',
  'node',
  'nodejs',
  'deno',
  'bun',
  'perl',
  'ruby',
  'php',
  'lua',
  'osascript',
]
const isLoopback = (text: string): boolean =>
  /^(\w+:\/\/)?([^/@]*@)?(localhost|127(\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)(:\d+)?([/?#]|$)/i.test(text)
/** Options of downloaders whose value is no address. */
const VALUED = new Set(
  '-X --request --method -d --data --data-raw --data-binary --data-urlencode -H --header -o --output -O -F --form -u --user -A --user-agent -b --cookie -c --cookie-jar --json -e --referer -m --max-time -w --write-out --connect-timeout --retry -T --upload-file'.split(
    ' ',
  ),
)
const targetsOf = (call: Call): readonly Word[] =>
  call.args.filter((word, index) => !word.text.startsWith('-') && !VALUED.has(call.args[index - 1]?.text ?? ''))
const onlyLoopback = (call: Call): boolean =>
  targetsOf(call).length > 0 &&
  targetsOf(call).every(({ text, literal }) => literal && isLoopback(text)) &&
  !call.has('-x', '-K', '--config', '--proxy', '--resolve', '--connect-to', '--url', '--next')
const SENDING =
  '-d --data --data-raw --data-binary --data-urlencode --data-ascii -F --form --form-string -T --upload-file --json --post-data --post-file --body-data --body-file --url-query -K --config'.split(
    ' ',
  )
const sends = (call: Call): boolean =>
  call.args.some(({ text }) => SENDING.some(one => (one.length === 2 ? text.startsWith(one) : isLong(text, one)))) ||
  [...call.values('-X', '--request', '--method')].some(({ text }) => !/^(GET|HEAD|OPTIONS)$/i.test(text))
const isLong = (text: string, option: string): boolean => text === option || text.startsWith(`${option}=`)
const readsPipe = (call: Call): boolean => call.command.upstream.length > 0 || call.command.input?.literal === false
const hasScript = (call: Call): boolean => call.operands.some(({ text }) => text !== '-')

/** Environment variables that make programs run other programs, or load other code. */
const LEVERS =
  /^(GIT_(?!AUTHOR_|COMMITTER_|TERMINAL_PROMPT$|OPTIONAL_LOCKS$|TRACE)\w+|(MAN)?PAGER|LESSOPEN|LESSCLOSE|EDITOR|VISUAL|BROWSER|LD_\w+|DYLD_\w+|PATH|IFS|ENV|BASH_ENV|BASH_FUNC\w*|PROMPT_COMMAND|PS[0-4]|SHELLOPTS|BASHOPTS|PYTHON(STARTUP|PATH|HOME)|PERL5(OPT|LIB|DB)|RUBY(OPT|LIB)|NODE_(OPTIONS|PATH)|JAVA_TOOL_OPTIONS|MAKEFLAGS|npm_config_\w+|(https?|all)_proxy|SSL_CERT_\w+|HOME)$/i

/** Values of such variables that start nothing but what the workspace itself holds. */
function isHarmlessLever({ name, value: { text, literal } }: Assignment, program: string): boolean {
  if (/PAGER$/.test(name)) return literal && (text === 'cat' || text === '')
  if (name === 'PATH') return program === 'export' && /^[\w./:-]*$/.test(text)
  if (/^(PYTHONPATH|NODE_PATH|RUBYLIB|PERL5LIB)$/.test(name))
    return literal && /^\.?[\w-][\w./-]*$|^\.$/.test(text) && !text.includes('..')
  if (name === 'NODE_OPTIONS')
    return (
      literal && /^(--(max-old-space-size=\d+|enable-source-maps|no-warnings|experimental-vm-modules)\s*)*$/.test(text)
    )
  return name === 'MAKEFLAGS' && literal && /^-j\d*$/.test(text)
}

/** The rules for commands, as one table. The worst that is found decides. */
export const commandRules: readonly Rule[] = [
  /* ---- deleting ---- */
  {
    id: 'delete-beyond',
    of: ['rm', 'rmdir', 'unlink', 'shred', 'srm', 'trash'],
    risk: 2,
    find: call => firstIn(call, call.operands, BEYOND),
    because: 'would delete $, which lies outside the workspace',
  },
  {
    id: 'delete-everything',
    of: ['rm', 'shred', 'trash'],
    risk: 2,
    find: call =>
      isRecursive(call) || call.program !== 'rm' ? firstIn(call, call.operands, ['workspace-root']) : undefined,
    because: 'would delete everything in the workspace',
  },
  {
    id: 'delete-history',
    of: ['rm', 'mv'],
    risk: 2,
    find: call => call.operands.map(({ text }) => text).find(text => /(^|\/)\.git\/?$/.test(text)),
    because: 'would remove $, the whole history of the project',
  },
  {
    id: 'delete-computed',
    of: ['rm', 'rmdir', 'shred'],
    risk: 2,
    find: call => yes((isRecursive(call) || call.command.upstream.length > 0) && isComputed(call, call.operands)),
    because: 'would delete files whose names are computed when it runs',
  },
  { id: 'delete', of: ['rm', 'rmdir', 'unlink', 'shred'], risk: 1, find: always, because: 'deletes files' },
  {
    id: 'find-deletes',
    of: ['find', 'fd'],
    risk: 2,
    find: call => {
      if (!call.has('-delete')) return undefined
      const starts = startsOf(call)
      const unfiltered = !call.args.some(({ text }) =>
        /^-(name|iname|path|ipath|regex|iregex|type|empty|size|mtime|newer)/.test(text),
      )
      if (unfiltered || isComputed(call, starts)) return 'everything that it finds'
      return firstIn(call, starts, BEYOND)
    },
    because: 'would delete $',
  },
  {
    id: 'find-deletes-some',
    of: ['find', 'fd'],
    risk: 1,
    find: call => yes(call.has('-delete')),
    because: 'deletes what it finds',
  },
  /* ---- writing ---- */
  {
    id: 'write-beyond',
    risk: 2,
    find: call => firstIn(call, written(call), BEYOND),
    because: 'would write to $, which lies outside the workspace',
  },
  {
    id: 'write-control',
    risk: 2,
    find: call => firstIn(call, written(call), ['control']),
    because: 'would change $, which other programs obey later',
  },
  {
    id: 'write-computed',
    risk: 1,
    find: call => yes(isComputed(call, written(call))),
    because: 'writes to a path that is computed when it runs',
  },
  {
    id: 'move-beyond',
    of: ['ln', 'link'],
    risk: 2,
    find: call => firstIn(call, call.operands, BEYOND),
    because: 'would make a way out of the workspace, to $',
  },
  {
    id: 'permissions',
    of: ['chmod'],
    risk: 2,
    find: call => call.operands.map(({ text }) => text).find(text => /^0?[2-7]\d{3}$|^[ugoa]*\+\w*s/.test(text)),
    because: 'would let a program run with the rights of its owner ($)',
  },
  /* ---- the machine ---- */
  {
    id: 'disks',
    of: 'mkfs wipefs fdisk sfdisk parted gdisk mkswap swapon swapoff mount umount losetup cryptsetup lvremove vgremove blkdiscard hdparm'.split(
      ' ',
    ),
    risk: 2,
    find: always,
    because: 'changes disks or what is mounted',
  },
  {
    id: 'system',
    of: 'shutdown reboot halt poweroff init telinit systemctl service rc-service launchctl crontab at batch insmod modprobe rmmod sysctl iptables ip6tables nft ufw kexec useradd userdel usermod groupadd passwd chpasswd visudo chsh setcap chroot nsenter pivot_root chattr update-alternatives dpkg-reconfigure'.split(
      ' ',
    ),
    risk: 2,
    find: always,
    because: 'changes the machine itself, beyond the task',
  },
  {
    id: 'rights',
    of: ['sudo', 'su', 'doas', 'pkexec', 'runuser'],
    risk: 2,
    find: always,
    because: "asks for another user's rights",
  },
  {
    id: 'fork-bomb',
    of: [RECURSION],
    risk: 2,
    find: call => call.args[0]?.text,
    because: 'a function, $, starts itself again and again',
  },
  {
    id: 'kill-all',
    of: ['kill', 'pkill', 'killall', 'killall5'],
    risk: 2,
    find: call => call.args.map(({ text }) => text).find((text, index) => (index > 0 && text === '-1') || text === '1'),
    because: 'would end every process ($)',
  },
  {
    id: 'kill-names',
    of: ['pkill', 'killall', 'killall5'],
    risk: 2,
    find: call =>
      call.program === 'killall5' || call.has('-u', '-U')
        ? 'all of a user'
        : call.operands
            .map(({ text }) => text)
            .find(text => /^\W*(node|nodejs|bash|sh|zsh|openhands|systemd|init|python3?|\.\*?|\*)?\W*$/.test(text)),
    because: 'would end processes by a broad name: $',
  },
  { id: 'kill', of: ['kill', 'pkill', 'killall'], risk: 1, find: always, because: 'ends processes' },
  /* ---- text that becomes commands ---- */
  {
    id: 'pipe-to-shell',
    of: [...SHELLS, ...INTERPRETERS],
    risk: 2,
    find: call => yes(readsPipe(call) && !hasScript(call) && !call.has('-c', '-e', '--eval', '-V', '--version')),
    because: 'would run whatever another program prints',
  },
  {
    id: 'run-substitution',
    of: [...SHELLS, ...INTERPRETERS, 'source', '.'],
    risk: 2,
    find: call => yes(call.args.some(({ commands }) => commands.length > 0)),
    because: 'would run whatever another program prints',
  },
  {
    id: 'source-beyond',
    of: ['source', '.', ...SHELLS],
    risk: 2,
    find: call => (call.has('-c') ? undefined : firstIn(call, call.operands.slice(0, 1), [...BEYOND, undefined])),
    because: 'would run commands from $',
  },
  {
    id: 'code',
    of: INTERPRETERS,
    risk: 2,
    find: call =>
      codeOf(call)
        .map(code => (code.literal ? dangerInCode(code.text) : 'text that is computed'))
        .find(Boolean),
    because: 'would run code that uses $',
  },
  {
    id: 'awk-system',
    of: ['awk', 'gawk', 'mawk', 'nawk'],
    risk: 2,
    find: call =>
      call.args.map(({ text }) => text).find(text => /system\s*\(|\|\s*(&\s*)?(getline|")|"\s*\|/.test(text)),
    because: 'starts other programs from its script',
  },
  {
    id: 'sed-executes',
    of: ['sed'],
    risk: 2,
    find: call => sedScripts(call).find(sedExecutes),
    because: 'may start programs or write files by its script $',
  },
  {
    id: 'editor-executes',
    of: ['vim', 'vi', 'nvim', 'view', 'ex', 'emacs'],
    risk: 2,
    find: call => yes(call.args.some(({ text }) => /^(\+|--cmd|-c|-S|-s|--eval|-l|--load|-f)/.test(text))),
    because: 'is an editor that runs commands from its arguments',
  },
  {
    id: 'option-executes',
    risk: 2,
    find: call =>
      call.args
        .map(({ text }) => text)
        .find(text =>
          /^--?(to-command|checkpoint-action|use-compress-program|rsh|rsync-path|ProxyCommand|open-files-in-pager|unzip-command|compress-prog\w*|pre|preprocessor)(=|$)|^-o\s*(ProxyCommand|LocalCommand|PermitLocalCommand)/i.test(
            text,
          ),
        ),
    because: 'is told by $ to start another program',
  },
  {
    id: 'loads-builtin',
    of: ['enable', 'hash'],
    risk: 2,
    find: call => yes(call.has('-f', '-p')),
    because: 'replaces a builtin command',
  },
  {
    id: 'environment',
    risk: 2,
    find: call =>
      call.command.assignments.find(one => LEVERS.test(one.name) && !isHarmlessLever(one, call.program))?.name,
    because: 'runs with $ set, which can make it start other programs',
  },
  /* ---- out of the machine ---- */
  {
    id: 'secrets',
    risk: 2,
    find: call => firstIn(call, mentioned(call), ['secret']),
    because: 'touches $, where keys or passwords are kept',
  },
  {
    id: 'private',
    risk: 1,
    find: call => firstIn(call, mentioned(call), ['private']),
    because: 'touches $, which may hold keys',
  },
  {
    id: 'send',
    of: DOWNLOADERS,
    risk: 2,
    find: call => yes(sends(call) && !onlyLoopback(call)),
    because: 'would send data to another machine',
  },
  {
    id: 'send-in-address',
    of: [...DOWNLOADERS, 'dig', 'nslookup', 'host', 'ping', 'getent', 'whois'],
    risk: 2,
    find: call => yes(call.args.some(({ commands }) => commands.length > 0)),
    because: 'would send the output of another program in an address',
  },
  {
    id: 'metadata',
    risk: 2,
    find: call =>
      call.args
        .map(({ text }) => text)
        .find(text => /(^|[/@])(169\.254\.|metadata\.google\.internal|100\.100\.100\.200|fd00:ec2)/.test(text)),
    because: "asks the cloud's own service for credentials ($)",
  },
  {
    id: 'connect',
    of: 'nc ncat netcat socat telnet ssh scp sftp ftp lftp rclone mosh sshfs ssh-copy-id mail sendmail mutt swaks aws gcloud gsutil az s3cmd'.split(
      ' ',
    ),
    risk: 2,
    find: always,
    because: 'opens a connection that data can leave by',
  },
  {
    id: 'rsync-remote',
    of: ['rsync'],
    risk: 2,
    find: call =>
      call.operands.map(({ text }) => text).find(text => /^[^/]+:|^rsync:/.test(text)) ??
      yes(isComputed(call, call.operands)),
    because: 'would copy files to or from another machine ($)',
  },
  {
    id: 'dev-tcp',
    risk: 2,
    find: call =>
      call.command.redirections.map(({ target }) => target.text).find(text => /^\/dev\/(tcp|udp)\//.test(text)),
    because: 'opens a connection through $',
  },
  {
    id: 'network',
    of: [...DOWNLOADERS, 'dig', 'nslookup', 'host', 'ping', 'whois', 'traceroute'],
    risk: 1,
    find: always,
    because: 'uses the network',
  },
  /* ---- packages and containers ---- */
  {
    id: 'publish',
    of: [
      'npm',
      'pnpm',
      'yarn',
      'bun',
      'cargo',
      'gem',
      'twine',
      'poetry',
      'uv',
      'hatch',
      'flit',
      'docker',
      'podman',
      'gh',
      'helm',
      'vsce',
      'mvn',
      'dotnet',
    ],
    risk: 2,
    find: verbIn(
      'publish',
      'npm publish',
      'push',
      'upload',
      'login',
      'adduser',
      'token',
      'release create',
      'unpublish',
      'owner',
      'deploy',
      'nuget push',
      'auth',
      'secret',
      'gist create',
    ),
    because: 'would publish or sign in ($)',
  },
  {
    id: 'container-escape',
    of: ['docker', 'podman', 'nerdctl'],
    risk: 2,
    find: call =>
      yes(
        call.has('--privileged', '--pid', '-v', '--volume', '--mount', '--cap-add', '--device') ||
          ['exec', 'rm', 'system', 'kill'].includes(call.verb),
      ),
    because: 'reaches past its containers',
  },
  {
    id: 'install',
    of: [
      'npm',
      'pnpm',
      'yarn',
      'bun',
      'pip',
      'pip3',
      'uv',
      'poetry',
      'conda',
      'apt',
      'apt-get',
      'dnf',
      'yum',
      'apk',
      'brew',
      'gem',
      'cargo',
      'go',
      'pacman',
    ],
    risk: 1,
    find: verbIn(
      'install',
      'i',
      'ci',
      'add',
      'update',
      'upgrade',
      'remove',
      'uninstall',
      'sync',
      'get',
      'pip install',
      'exec',
      'dlx',
      'x',
    ),
    because: 'changes packages ($)',
  },
  {
    id: 'module',
    of: INTERPRETERS,
    risk: 1,
    find: call => call.values('-m')[0]?.text.match(/^(pip|ensurepip|http|venv|smtplib|ftplib|code|pdb)\b.*/)?.[0],
    because: 'runs its module $',
  },
  ...gitRules,
  /* ---- what cannot be told ---- */
  {
    id: 'computed-verb',
    of: [
      'git',
      'npm',
      'pnpm',
      'yarn',
      'docker',
      'podman',
      'find',
      'pip',
      'pip3',
      'kubectl',
      'gh',
      'apt',
      'apt-get',
      'tar',
    ],
    risk: -1,
    find: call => yes(call.args.some(({ literal, splits }) => splits && !literal)),
    because: 'gets options that are computed when it runs',
  },
  {
    id: 'background',
    risk: 1,
    find: call => yes(call.command.background && call.program !== ''),
    because: 'goes on in the background',
  },
]

function startsOf(call: Call): readonly Word[] {
  const end = call.args.findIndex(({ text }) => /^[-(!]/.test(text))
  return call.args.slice(0, end === -1 ? call.args.length : end)
}

/** Code that is given to an interpreter in an argument or in a here-document. */
function codeOf(call: Call): readonly Word[] {
  const inArguments = call.values('-c', '-e', '--eval', '-p', '--print', '-r', '-E')
  const { input } = call.command
  return input && !hasScript(call) ? [...inArguments, input] : inArguments
}

function sedScripts(call: Call): readonly string[] {
  const given = call.values('-e', '--expression')
  return (given.length > 0 ? given : call.operands.slice(0, 1)).map(({ text }) => text)
}

/** Whether a script of sed has the command or flag `e` (run) or `w` (write), once what it searches for is taken out. */
function sedExecutes(script: string): boolean {
  const searches = /s([^\w\s\\])(?:\\[\s\S]|(?!\1)[^\\])*\1(?:\\[\s\S]|(?!\1)[^\\])*\1([\w ]*)/g
  const rest = script
    .replaceAll(searches, (_, _mark, flags: string) => (/[ew]/.test(flags) ? ';e' : ''))
    .replaceAll(/\/(?:\\.|[^/\\])*\//g, '')
  return /(^|[;{}\n,$!\d])\s*[ewW]/.test(rest)
}
