import { LanguageSupport, StreamLanguage, type StreamParser } from '@codemirror/language'

type Load = () => Promise<LanguageSupport>

/** Older languages come as line by line parsers. */
function lines(load: () => Promise<StreamParser<unknown>>): Load {
  return async () => new LanguageSupport(StreamLanguage.define(await load()))
}

const script = (typescript: boolean): Load => {
  return async () => (await import('@codemirror/lang-javascript')).javascript({ jsx: true, typescript })
}
const html: Load = async () => (await import('@codemirror/lang-html')).html()
const css: Load = async () => (await import('@codemirror/lang-css')).css()
const json: Load = async () => (await import('@codemirror/lang-json')).json()
const markdown: Load = async () => (await import('@codemirror/lang-markdown')).markdown()
const yaml: Load = async () => (await import('@codemirror/lang-yaml')).yaml()
const python: Load = async () => (await import('@codemirror/lang-python')).python()
const cpp: Load = async () => (await import('@codemirror/lang-cpp')).cpp()
const xml: Load = async () => (await import('@codemirror/lang-xml')).xml()
const shell = lines(async () => (await import('@codemirror/legacy-modes/mode/shell')).shell)
const properties = lines(async () => (await import('@codemirror/legacy-modes/mode/properties')).properties)
const ruby = lines(async () => (await import('@codemirror/legacy-modes/mode/ruby')).ruby)

const byEnding: ReadonlyMap<string, Load> = new Map<string, Load>([
  ...['js', 'jsx', 'mjs', 'cjs'].map(each => [each, script(false)] as const),
  ...['ts', 'tsx', 'mts', 'cts'].map(each => [each, script(true)] as const),
  ...['html', 'htm', 'vue', 'svelte'].map(each => [each, html] as const),
  ...['css', 'scss', 'less'].map(each => [each, css] as const),
  ...['json', 'jsonc', 'ipynb', 'webmanifest'].map(each => [each, json] as const),
  ...['md', 'markdown', 'mdx'].map(each => [each, markdown] as const),
  ...['yml', 'yaml'].map(each => [each, yaml] as const),
  ...['py', 'pyi', 'pyw'].map(each => [each, python] as const),
  ...['c', 'h', 'cc', 'cpp', 'cxx', 'hh', 'hpp', 'ino'].map(each => [each, cpp] as const),
  ...['xml', 'svg', 'xsl', 'xsd', 'plist'].map(each => [each, xml] as const),
  ...['sh', 'bash', 'zsh', 'ksh', 'bashrc', 'profile'].map(each => [each, shell] as const),
  ...['ini', 'conf', 'cfg', 'env', 'properties', 'editorconfig'].map(each => [each, properties] as const),
  ...['rb', 'gemspec', 'rake'].map(each => [each, ruby] as const),
  ['rs', async () => (await import('@codemirror/lang-rust')).rust()],
  ['go', async () => (await import('@codemirror/lang-go')).go()],
  ['java', async () => (await import('@codemirror/lang-java')).java()],
  ['sql', async () => (await import('@codemirror/lang-sql')).sql()],
  ['toml', lines(async () => (await import('@codemirror/legacy-modes/mode/toml')).toml)],
  ['dockerfile', lines(async () => (await import('@codemirror/legacy-modes/mode/dockerfile')).dockerFile)],
  ['cs', lines(async () => (await import('@codemirror/legacy-modes/mode/clike')).csharp)],
  ['kt', lines(async () => (await import('@codemirror/legacy-modes/mode/clike')).kotlin)],
  ['scala', lines(async () => (await import('@codemirror/legacy-modes/mode/clike')).scala)],
  ['dart', lines(async () => (await import('@codemirror/legacy-modes/mode/clike')).dart)],
  ['swift', lines(async () => (await import('@codemirror/legacy-modes/mode/swift')).swift)],
  ['lua', lines(async () => (await import('@codemirror/legacy-modes/mode/lua')).lua)],
  ['pl', lines(async () => (await import('@codemirror/legacy-modes/mode/perl')).perl)],
  ['r', lines(async () => (await import('@codemirror/legacy-modes/mode/r')).r)],
  ['ps1', lines(async () => (await import('@codemirror/legacy-modes/mode/powershell')).powerShell)],
  ['cmake', lines(async () => (await import('@codemirror/legacy-modes/mode/cmake')).cmake)],
  ['diff', lines(async () => (await import('@codemirror/legacy-modes/mode/diff')).diff)],
  ['patch', lines(async () => (await import('@codemirror/legacy-modes/mode/diff')).diff)],
])

const byName: ReadonlyMap<string, string> = new Map([
  ['containerfile', 'dockerfile'],
  ['cmakelists.txt', 'cmake'],
  ['gemfile', 'rb'],
  ['rakefile', 'rb'],
  ['package-lock.json', 'json'],
  ['.gitconfig', 'ini'],
  ['.npmrc', 'ini'],
  ['cargo.lock', 'toml'],
  ['uv.lock', 'toml'],
  ['poetry.lock', 'toml'],
])

/** What a file is written in, by its name: an ending of the table of languages; undefined where none is known. */
export function languageName(path: string): string | undefined {
  const name = (path.split('/').at(-1) ?? '').toLowerCase()
  const ending = byName.get(name) ?? name.split('.').at(-1) ?? ''
  return byEnding.has(ending) ? ending : undefined
}

/** Loads the syntax of a file; undefined where there is none. */
export async function loadLanguage(path: string): Promise<LanguageSupport | undefined> {
  return await byEnding.get(languageName(path) ?? '')?.()
}
