import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Egress, Outcome, PageView, Runtime } from '../../core/ports.ts'
import { eventually, processesWith, type RuntimeWorld, run, startIn } from '../runtime-contract.ts'
import { siteProgram } from './browser-site.ts'
import { type EgressHost, listedSession, openEgressHost } from './egress-host.ts'

const noSignal = new AbortController().signal
/** Generous for a machine that does other things too. */
const timeout = 120_000

/** A sandbox with the site running in it. */
class Site implements AsyncDisposable {
  readonly runtime: Runtime
  readonly address: string

  private constructor(runtime: Runtime, address: string) {
    this.runtime = runtime
    this.address = address
  }

  static async start(world: RuntimeWorld, session: number): Promise<Site> {
    const directory = await world.directory()
    const runtime = await startIn(world.runtimes, directory, session)
    await runtime.write('site.py', siteProgram, noSignal)
    const started = 'python3 site.py & until [ -s port ]; do sleep 0.05; done'
    await run(runtime, started)
    const { output } = await run(runtime, 'cat port')
    return new Site(runtime, `http://localhost:${output.trim()}`)
  }

  async open(path: string, signal = noSignal): Promise<PageView> {
    return pageOf(await this.runtime.browser.open(this.address + path, signal))
  }

  async act(code: string, signal = noSignal): Promise<PageView> {
    return pageOf(await this.runtime.browser.act(code, signal))
  }

  /** Whether the site has been asked for a path. */
  async hasSeen(path: string): Promise<boolean> {
    return (await run(this.runtime, `test -e seen${path.replaceAll('/', '-')}`)).exitCode === 0
  }

  async seen(path: string): Promise<void> {
    await eventually(() => this.hasSeen(path), `${path} is asked for`)
  }

  async forget(...paths: readonly string[]): Promise<void> {
    await run(this.runtime, `rm -f ${paths.map(path => `seen${path.replaceAll('/', '-')}`).join(' ')}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime[Symbol.asyncDispose]()
  }
}

function pageOf(outcome: Outcome<{ readonly page: PageView }>): PageView {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.message)
  return outcome.page
}

/** The id of the element whose line in the tree holds a text. */
function idOf(page: PageView, text: string): string {
  const line = page.tree.split('\n').find(each => each.includes(text) && each.trimStart().startsWith('['))
  const id = /\[(\w+)\]/.exec(line ?? '')?.[1]
  assert.ok(id, `no ${text} in\n${page.tree}`)
  return id
}

/** What a sandbox with Chromium in it promises; one sandbox and one browser serve all cases. */
export function browserContract(name: string, open: () => Promise<RuntimeWorld>): void {
  describe(`${name}: the browser`, { timeout: 15 * 60_000 }, () => {
    let world: RuntimeWorld
    let site: Site
    before(async () => {
      world = await open()
      site = await Site.start(world, 1)
    })
    after(async () => {
      await site[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    const promise = (rule: string, body: () => Promise<void>): void => void test(rule, { timeout }, body)

    promise('[wire A3.4] a page is told with its title, text, tree, picture and tabs', async () => {
      const page = await site.open('/')
      assert.equal(page.url, `${site.address}/`)
      assert.equal(page.title, 'Start')
      assert.match(page.text, /^# Welcome\n\nSome \*\*bold\*\* text and \[a link\]\(http:\/\/localhost:\d+\/next\)\./)
      assert.doesNotMatch(page.text, /menu|hidden words|scripted words/)
      assert.match(page.tree, /\[\d+\] link 'a link' url='next'/)
      assert.deepEqual([...(page.screenshot?.subarray(0, 3) ?? [])], [0xff, 0xd8, 0xff])
      assert.deepEqual([page.tabs, page.activeTab, page.error], [[page.url], 0, ''])
    })

    promise('[wire A8.2] a form is filled in and sent', async () => {
      const form = await site.open('/form')
      const id = (text: string): string => idOf(form, text)
      const sent = await site.act(`
        fill('${id("textbox 'Name'")}', 'Ada')  # by position
        select_option(bid='${id("combobox 'Colour'")}', options=['green'])
        click('${id('checkbox')}')
        clear('${id("textbox 'Words'")}'); focus('${id("textbox 'Words'")}')
        press('${id("textbox 'Words'")}', 'Shift+N')
        click('${id("button 'Send'")}')`)
      assert.equal(sent.error, '')
      assert.equal(sent.title, 'Sent')
      assert.match(sent.text, /name=Ada colour=g box=on words=N/)
    })

    promise('[wire A8.2] the element that has the keyboard is told', async () => {
      const form = await site.open('/form')
      const id = idOf(form, "textbox 'Name'")
      assert.equal((await site.act(`focus('${id}')`)).focused, id)
    })

    promise('[wire A8.2] a link leads on; back and forward lead there again', async () => {
      const start = await site.open('/')
      assert.equal((await site.act(`click('${idOf(start, 'a link')}')`)).title, 'Next')
      assert.equal((await site.act('go_back()')).title, 'Start')
      assert.equal((await site.act('go_forward()')).title, 'Next')
      assert.match((await site.act('go_forward()')).error, /no page to go forward to/)
      assert.equal((await site.act(`goto("${site.address}/form")\nnoop(1)`)).title, 'Form')
    })

    promise('[wire A8.2] the mouse hovers, scrolls, clicks twice and with another button', async () => {
      const page = await site.open('/mouse')
      assert.doesNotMatch(page.text, /a tip/)
      assert.match((await site.act(`hover('${idOf(page, "'over'")}')`)).text, /a tip/)
      assert.match((await site.act(`dblclick('${idOf(page, "'twice'")}')`)).text, /double/)
      const menu = await site.act(`click('${idOf(page, "'right'")}', button='right', modifiers=['Shift'])`)
      assert.match(menu.text, /menu true/)
      assert.match((await site.act('scroll(0, 500)')).text, /scrolled true/)
    })

    promise('[wire A8.2] an element is dragged onto another', async () => {
      const page = await site.open('/drag')
      const dropped = await site.act(`drag_and_drop('${idOf(page, "'thing'")}', '${idOf(page, "'place'")}')`)
      assert.match(dropped.text, /dropped thing/)
    })

    promise('[wire A8.2] files of the workspace are uploaded, through the field and through a button', async () => {
      await run(site.runtime, 'printf "the words" > "up.txt"')
      const page = await site.open('/upload')
      assert.match((await site.act(`upload_file('${idOf(page, "'File'")}', 'up.txt')`)).text, /up\.txt holds the words/)
      await site.open('/upload')
      const again = await site.act(`upload_file('${idOf(await site.act('noop(1)'), "'choose'")}', ['up.txt'])`)
      assert.match(again.text, /up\.txt holds the words/)
    })

    promise('[S28] no file from elsewhere is uploaded or opened', async () => {
      await run(site.runtime, 'ln -sf /etc/passwd link.txt')
      const page = await site.open('/upload')
      for (const file of ['/etc/passwd', '../etc/passwd', 'link.txt']) {
        const { error, text } = await site.act(`upload_file('${idOf(page, "'File'")}', '${file}')`)
        assert.match(error, /outside of the folders/)
        assert.match(text, /no file/)
      }
      for (const url of ['file:///etc/passwd', `file://${site.runtime.workspace}/link.txt`])
        assert.match((await site.act(`goto('${url}')`)).error, /outside of the folders/)
      await run(site.runtime, 'echo "<title>Mine</title>" > mine.html')
      assert.equal((await site.act(`goto('file://${site.runtime.workspace}/mine.html')`)).title, 'Mine')
    })

    promise('[S31] pages of the browser itself and odd schemes are refused', async () => {
      for (const url of [
        'chrome://version',
        'devtools://x',
        'javascript:alert(1)',
        'view-source:http://x',
        'gopher://x',
        'nonsense',
      ]) {
        const outcome = await site.runtime.browser.open(url, noSignal)
        assert.match(outcome.ok ? '' : outcome.message, /cannot be opened|is no address/)
        assert.match((await site.act(`goto('${url}')`)).error, /cannot be opened|is no address/)
      }
    })

    promise('[wire A8.2] elements in frames and shadow trees have ids too', async () => {
      const page = await site.open('/frame')
      assert.match(page.text, /around[\s\S]*inside/)
      const pressed = await site.act(`click('${idOf(page, "'inside'")}')`)
      assert.match(pressed.text, /pressed inside/)
      assert.match((await site.open('/shadow')).text, /in the shadow/)
    })

    promise('dialogs are dismissed and told', async () => {
      const page = await site.open('/dialog')
      const asked = await site.act(`click('${idOf(page, "'ask'")}')`)
      assert.match(asked.text, /false/)
      assert.match(asked.notes.join(), /confirm "Really\?"; it was dismissed/)
    })

    promise('[wire A3.4] tabs open, are brought to the front, and close', async () => {
      const page = await site.open('/tabs')
      const other = await site.act(`click('${idOf(page, 'other tab')}')`)
      assert.deepEqual([other.title, other.activeTab, other.tabs.length], ['Next', 1, 2])
      const first = await site.act('tab_focus(0)')
      assert.deepEqual([first.title, first.activeTab], ['Tabs', 0])
      const popup = await site.act(`click('${idOf(first, "'window'")}')`)
      assert.deepEqual([popup.title, popup.activeTab], ['Form', 2])
      assert.match((await site.act('tab_focus(7)')).error, /no tab 7; there are 3/)
      const left = await site.act('tab_close()\ntab_close()\ntab_close()')
      assert.deepEqual([left.tabs, left.activeTab, left.error], [['about:blank'], 0, ''])
      assert.equal((await site.act('new_tab()')).tabs.length, 2)
      assert.equal((await site.act('tab_close()')).tabs.length, 1)
    })

    promise('redirects are followed, and a circle of them is an error', async () => {
      const page = await site.open('/redirect')
      assert.deepEqual([page.url, page.title], [`${site.address}/next`, 'Next'])
      assert.match((await site.open('/around')).error, /TOO_MANY_REDIRECTS/)
    })

    promise('an answer that is an error is told with its page', async () => {
      const page = await site.open('/nowhere')
      assert.match(page.error, /answered 404 Not Found/)
      assert.match(page.text, /no such page here/)
      assert.equal((await site.open('/next')).error, '')
    })

    promise('errors of the page are told', async () => {
      const notes = (await site.open('/errors')).notes.join('\n')
      assert.match(notes, /Console error: broken thing/)
      assert.match(notes, /undefinedFunction is not defined/)
    })

    promise('where nothing listens, and what is outside, is said in words', async () => {
      const outcome = await site.runtime.browser.open('http://localhost:59999/', noSignal)
      assert.match(outcome.ok ? outcome.page.error : '', /localhost:59999\/ could not be opened: nothing listens there/)
    })

    promise('[P17] a huge page is cut, and what is cut is counted', async () => {
      const page = await site.open('/huge')
      assert.match(page.text.slice(-200), /Cut here: at least \d+ more characters of the text/)
      assert.match(page.tree.slice(-200), /Cut here: \d+ more lines of the tree/)
      assert.ok(page.text.length < 61_000 && page.tree.length < 61_000)
    })

    promise('[wire A8.2] the first call that fails ends it, and what was done before is told', async () => {
      const form = await site.open('/form')
      const id = idOf(form, "textbox 'Name'")
      const page = await site.act(`fill('${id}', 'one')\nclick('99999')\nfill('${id}', 'two')`)
      assert.match(page.error, /^click\('99999'\) failed: There is no element with the id '99999'/)
      assert.match(page.error, /Done before: fill\('\d+', 'one'\)/)
      assert.match(page.tree, /textbox 'Name'.*'one'/)
    })

    promise('[wire A8.2] ids of another page mean nothing', async () => {
      const form = await site.open('/form')
      const id = idOf(form, "button 'Send'")
      await site.open('/mouse')
      assert.match((await site.act(`click('${id}')`)).error, /no element with the id/)
    })

    promise('[wire A8.2] code that is no sequence of calls is refused before anything is done', async () => {
      const form = await site.open('/form')
      const code = `click('${idOf(form, "button 'Send'")}')\nfill('1')`
      const outcome = await site.runtime.browser.act(code, noSignal)
      assert.match(outcome.ok ? '' : outcome.message, /^Line 2, column 1: value is missing\. It is fill\(bid, value\)/)
      assert.equal((await site.act('noop(1)')).title, 'Form')
    })

    promise('downloads are kept under a plain name', async () => {
      const page = await site.open('/saved')
      const saved = await site.act(`click('${idOf(page, 'save')}')`)
      const path = /Downloaded 11 bytes to (\/.*\/downloads\/\S.*)\.$/.exec(saved.notes.join())?.[1]
      assert.ok(path, saved.notes.join())
      assert.equal((await run(site.runtime, `cat "${path}"`)).output, 'saved bytes')
      const direct = await site.open('/file.bin')
      assert.match(direct.notes.join(), /Downloaded 11 bytes/)
      assert.equal(direct.error, '')
    })

    promise('[P07] a page that never comes can be aborted, and the next one comes', async () => {
      await site.open('/next')
      const abort = new AbortController()
      const reason = new Error('stopped')
      const slow = assert.rejects(site.open('/slow', abort.signal), reason)
      await site.seen('/slow')
      abort.abort(reason)
      await slow
      assert.equal((await site.open('/form')).title, 'Form')
    })

    promise('[P07] calls under way can be aborted, and the rest is not carried out later', async () => {
      const page = await site.open('/form')
      await site.forget('/sent', '/slow')
      const abort = new AbortController()
      const code = `goto('${site.address}/slow')\ngoto('${site.address}/sent')`
      const waiting = assert.rejects(site.act(code, abort.signal), /stopped/)
      await site.seen('/slow')
      abort.abort(new Error('stopped'))
      await waiting
      assert.equal((await site.act('noop(1)')).title, page.title)
      assert.equal(await site.hasSeen('/sent'), false)
    })

    promise('[P07] a click on what never comes can be aborted, and the page is there as before', async () => {
      const page = await site.open('/leave')
      await site.forget('/slow')
      const abort = new AbortController()
      const waiting = assert.rejects(site.act(`click('${idOf(page, "'slow'")}')`, abort.signal), /stopped/)
      await site.seen('/slow')
      abort.abort(new Error('stopped'))
      await waiting
      const left = await site.act('noop(1)')
      assert.deepEqual([left.title, left.error], ['Leave', ''])
    })

    promise('[P07] a page whose script never ends can be left', async () => {
      const page = await site.open('/hang-seen')
      const abort = new AbortController()
      const waiting = assert.rejects(site.act(`click('${idOf(page, "'hang'")}')`, abort.signal), /stopped/)
      await site.seen('/stuck')
      abort.abort(new Error('stopped'))
      await waiting
      assert.equal((await site.open('/next')).title, 'Next')
    })

    promise('a page whose script never ends is freed, or its tab is closed, and that is told', async () => {
      const page = await site.open('/hang')
      const hung = await site.act(`click('${idOf(page, "'hang'")}')`)
      assert.match(hung.error, /A script kept the page busy|did not answer any more/)
      assert.equal((await site.open('/next')).title, 'Next')
      assert.match((await site.open('/hang-soon')).error, /^$|A script kept the page busy|did not answer any more/)
      assert.equal((await site.open('/next')).title, 'Next')
    })

    promise('[S28] a script in a page reaches nothing outside of the sandbox', async () => {
      await site.open('/reach')
      const closed = async (): Promise<boolean> => /closed,closed,closed/.test((await site.act('noop(200)')).text)
      if (site.runtime.isolated) await eventually(closed, 'every request ends')
    })

    promise('requests that come together are served one after the other', async () => {
      const pages = await Promise.all(['/next', '/form', '/mouse'].map(path => site.open(path)))
      assert.deepEqual(
        pages.map(page => page.title),
        ['Next', 'Form', 'Mouse'],
      )
    })

    promise('a browser that dies is a clear result, and the next use starts another', async () => {
      await site.open('/next')
      const kill = `for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q 'browser/worker[.]' && kill -9 \${p#/proc/}; done; true`
      const waiting = site.runtime.browser.act('noop(10000)', noSignal)
      await run(site.runtime, kill)
      const outcome = await waiting
      assert.match(outcome.ok ? '' : outcome.message, /The browser has ended unexpectedly; the next use starts it anew/)
      assert.equal((await site.open('/next')).title, 'Next')
    })

    promise('[P08] nothing of a browser is left when its sandbox has ended', async () => {
      const other = await Site.start(world, 2)
      await other.open('/next')
      const { output } = await run(other.runtime, 'basename "$(ls -d "$TMPDIR"/browser-*)"')
      const profile = output.trim()
      assert.notDeepEqual(processesWith(profile), [])
      await other[Symbol.asyncDispose]()
      await eventually(() => processesWith(profile).length === 0, 'the browser is gone')
    })
  })
}

/** What a sandbox without a browser promises: pages are read as they were sent. */
export function noBrowserContract(name: string, open: () => Promise<RuntimeWorld>): void {
  describe(`${name}: no browser`, { timeout: 5 * 60_000 }, () => {
    let world: RuntimeWorld
    let site: Site
    before(async () => {
      world = await open()
      site = await Site.start(world, 3)
    })
    after(async () => {
      await site[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    const promise = (rule: string, body: () => Promise<void>): void => void test(rule, { timeout }, body)

    promise('acting is refused with what to install', async () => {
      const outcome = await site.runtime.browser.act('noop()', noSignal)
      assert.match(
        outcome.ok ? '' : outcome.message,
        /There is no browser in this sandbox.*apt-get install -y chromium/,
      )
    })

    promise('[wire B5] a page is read as markdown', async () => {
      const page = await site.open('/')
      assert.deepEqual([page.url, page.title, page.tree, page.error], [`${site.address}/`, 'Start', '', ''])
      assert.match(page.text, /^# Welcome\n\nSome \*\*bold\*\* text and \[a link\]\(http:\/\/localhost:\d+\/next\)\./)
      assert.doesNotMatch(page.text, /menu|hidden words|scripted words/)
      assert.equal(page.screenshot, undefined)
    })

    promise('[wire B5] text and data are given as they are, in their own encoding', async () => {
      assert.equal((await site.open('/data')).text, '{"a": 1}')
      assert.equal((await site.open('/latin')).text, 'Grüße')
      assert.equal((await site.open('/german')).title, 'Straße')
    })

    promise('redirects are followed five times', async () => {
      assert.equal((await site.open('/redirect')).url, `${site.address}/next`)
      assert.match((await site.open('/around')).error, /leads on more than 5 times/)
    })

    promise('what cannot be read is said in words', async () => {
      assert.match((await site.open('/paper.pdf')).error, /application\/pdf, not text/)
      const gone = await site.open('/nowhere')
      assert.match(gone.error, /answered 404 Not Found/)
      assert.match(gone.text, /no such page here/)
      const refused = pageOf(await site.runtime.browser.open('http://localhost:59999/', noSignal))
      assert.match(refused.error, /could not be read: .*ECONNREFUSED/)
    })

    promise('[S31] only the web is read', async () => {
      for (const url of ['file:///etc/passwd', 'gopher://x', 'chrome://version']) {
        const outcome = await site.runtime.browser.open(url, noSignal)
        assert.equal(outcome.ok, false)
      }
    })

    promise('[P17] an endless page is cut', async () => {
      const page = await site.open('/endless')
      assert.match(page.notes.join(), /Only the first \d+ bytes/)
      assert.match(page.text.slice(-200), /Cut here/)
    })

    promise('[P07] a page that never comes can be aborted', async () => {
      const abort = new AbortController()
      const slow = assert.rejects(site.open('/slow', abort.signal), /stopped/)
      await site.seen('/slow')
      abort.abort(new Error('stopped'))
      await slow
      assert.equal((await site.open('/next')).title, 'Next')
    })
  })
}

/** What a sandbox with a way out promises of its pages; `open` makes a world with one. */
export function browserEgressContract(name: string, open: (egress: Egress) => Promise<RuntimeWorld>): void {
  describe(`${name}: pages from outside`, { timeout: 5 * 60_000 }, () => {
    let host: EgressHost
    let world: RuntimeWorld
    let site: Site
    before(async () => {
      host = await openEgressHost()
      world = await open(host.egress)
      site = await Site.start(world, listedSession)
    })
    after(async () => {
      await site?.[Symbol.asyncDispose]()
      await world?.[Symbol.asyncDispose]()
      await host?.[Symbol.asyncDispose]()
    })
    const promise = (rule: string, body: () => Promise<void>): void => void test(rule, { timeout }, body)
    const visit = async (url: string): Promise<PageView> => pageOf(await site.runtime.browser.open(url, noSignal))

    promise('[F24] a page of an allowed host comes, with a token that nobody inside has', async () => {
      const page = await visit(`https://api.test:${host.api.port}/hello`)
      assert.deepEqual([page.error, page.text.trim()], ['', 'welcome to /hello'])
    })

    promise('[S32] a page of another host is refused in the words of the way out', async () => {
      const encrypted = await visit('https://example.com/')
      assert.match(encrypted.error, /Network access to example\.com:443 was refused: .*--egress-allow example\.com:443/)
      const plain = await visit('http://example.com/')
      assert.match(plain.text + plain.error, /Network access to example\.com:80 was refused/)
      assert.notEqual(plain.error, '')
    })

    promise('[S31] servers inside are reached directly, those of the host in no spelling', async () => {
      assert.equal((await site.open('/next')).title, 'Next')
      const { port } = host.sink
      const before = host.sink.count()
      const hosts = [
        '127.0.0.1',
        '127.1',
        '2130706433',
        '0x7f.1',
        '0',
        'localhost.',
        '[::1]',
        '[::ffff:7f00:1]',
        '169.254.169.254',
      ]
      for (const spelling of hosts) assert.notEqual((await visit(`http://${spelling}:${port}/`)).error, '', spelling)
      assert.equal(host.sink.count(), before)
    })
  })
}
