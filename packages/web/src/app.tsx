import { type JSX, Suspense, useEffect, useState, useSyncExternalStore } from 'react'
import { isDenied, onAccess } from './api/access.ts'
import { exchangeCode } from './api/login.ts'
import { loadPicture } from './api/pictures.ts'
import { HomePage } from './pages/home/home-page.tsx'
import { KeySheet } from './pages/key-sheet.tsx'
import { LoginPage } from './pages/login-page.tsx'
import { Palette } from './pages/palette.tsx'
import { listenToKeys, useCommands } from './store/commands.ts'
import { changeLook, useLook } from './store/look.ts'
import { useNotices } from './store/notices.ts'
import { go, useRoute } from './store/route.ts'
import { text } from './text.ts'
import { Fence } from './ui/fence.tsx'
import { part } from './ui/part.ts'
import { PictureContext } from './ui/picture.tsx'
import { Wait } from './ui/wait.tsx'

const ConversationPage = part(async () => (await import('./pages/conversation/conversation-page.tsx')).ConversationPage)
const SettingsPage = part(async () => (await import('./pages/settings/settings-page.tsx')).SettingsPage)

/** The page: who may see it, where it is, and what is offered everywhere. */
export function App(): JSX.Element {
  const code = useCode()
  const denied = useSyncExternalStore(onAccess, isDenied)
  useEffect(listenToKeys, [])
  if (code === 'asking') return <Wait />
  if (denied || code === 'refused') return <LoginPage spent={code === 'refused'} />
  return <Inside />
}

function Inside(): JSX.Element {
  const route = useRoute()
  const { theme } = useLook()
  const [open, setOpen] = useState<'keys' | 'palette'>()
  useNotices()
  useCommands([
    { id: 'palette', name: text.keys.palette, keys: 'Mod+K', run: () => setOpen('palette') },
    { id: 'keys', name: text.keys.help, keys: '?', run: () => setOpen('keys') },
    { id: 'home', name: text.app.home, keys: 'g', run: () => go({ page: 'home' }) },
    { id: 'settings', name: text.keys.settings, keys: 'Mod+,', run: () => go({ page: 'settings', section: '' }) },
    {
      id: 'theme',
      name: text.keys.theme,
      run: () => changeLook({ theme: theme === 'system' ? 'light' : theme === 'light' ? 'dark' : 'system' }),
    },
  ])
  const close = (): void => setOpen(undefined)
  return (
    <PictureContext value={loadPicture}>
      <button
        type="button"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-raised focus:px-3 focus:py-2"
        onClick={skip}
      >
        {text.app.skip}
      </button>
      <Fence key={route.page}>
        <Suspense fallback={<Wait />}>
          {route.page === 'home' && <HomePage />}
          {route.page === 'conversation' && <ConversationPage key={route.id} id={route.id} event={route.event} />}
          {route.page === 'settings' && <SettingsPage section={route.section} />}
        </Suspense>
      </Fence>
      {open === 'keys' && <KeySheet onClose={close} />}
      {open === 'palette' && <Palette onClose={close} />}
    </PictureContext>
  )
}

/** To what the page is for, past everything above it. */
function skip(): void {
  const main = document.querySelector('main')
  main?.querySelector<HTMLElement>('textarea, input, a, button')?.focus()
}

/** Uses the code of a start link up, which stands behind the `#` so that no server and no log ever sees it. */
function useCode(): 'none' | 'asking' | 'refused' {
  const [state, setState] = useState<'none' | 'asking' | 'refused'>(() => (startCode === undefined ? 'none' : 'asking'))
  useEffect(() => {
    if (startCode === undefined) return
    login ??= exchangeCode(startCode)
    login.then(
      () => setState('none'),
      () => setState('refused'),
    )
  }, [])
  return state
}

let login: Promise<void> | undefined
const startCode = takeCode()

function takeCode(): string | undefined {
  const code = /^#code=([\w.~-]{1,200})$/.exec(location.hash)?.[1]
  // Neither the history nor a glance at the address shall have it.
  if (code !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return code
}
