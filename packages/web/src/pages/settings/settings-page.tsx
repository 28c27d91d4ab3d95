import { type JSX, type RefObject, useCallback, useEffect, useRef } from 'react'
import { hrefOf } from '../../store/route.ts'
import { settingsText, text } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'
import { SideScroll } from '../../ui/side-scroll.tsx'
import { AgentSection } from './agent-section.tsx'
import { LookSection } from './look-section.tsx'
import { ModelSection } from './model-section.tsx'
import { ServerSection } from './server-section.tsx'
import { SessionsSection } from './sessions-section.tsx'

type SectionId = keyof typeof settingsText.sections

/** The settings; each section is a file of its own and a line here. */
export function SettingsPage({ section }: { section: string }): JSX.Element {
  const [main, show] = useJump(section)
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-2 px-2">
        <a
          href={hrefOf({ page: 'home' })}
          aria-label={text.app.home}
          className="flex size-8 items-center justify-center rounded-lg text-muted hover:bg-sunken"
        >
          <Icon name="back" />
        </a>
        <h1 className="font-semibold">{text.settings.title}</h1>
      </header>
      <main ref={main} className="quiet-scroll relative min-h-0 flex-1 px-4 pb-16">
        <div className="mx-auto flex max-w-4xl gap-x-8 gap-y-3 pt-4 max-md:flex-col max-md:pt-0">
          <Jump current={section} onJump={show} />
          <div className="flex min-w-0 max-w-2xl flex-1 flex-col gap-6">
            <ModelSection focused={section === 'model'} />
            <AgentSection />
            <LookSection />
            <ServerSection />
            <SessionsSection />
          </div>
        </div>
      </main>
    </div>
  )
}

/** Keeps a part in view while what stands above it is still coming, until somebody moves the page. */
function useJump(section: string): readonly [main: RefObject<HTMLElement | null>, show: (id: string) => void] {
  const main = useRef<HTMLElement>(null)
  const show = useCallback((id: string): void => {
    const part = document.getElementById(`settings-${id}`)
    if (part && main.current) main.current.scrollTop = part.offsetTop - GAP
  }, [])
  useEffect(() => {
    const box = main.current
    if (section === '' || !box?.firstElementChild) return
    const growing = new ResizeObserver(() => show(section))
    const letGo = (): void => growing.disconnect()
    growing.observe(box.firstElementChild)
    for (const name of moves) box.addEventListener(name, letGo, { passive: true })
    return () => {
      letGo()
      for (const name of moves) box.removeEventListener(name, letGo)
    }
  }, [show, section])
  return [main, show]
}

const moves = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const

/** Pixels above a part that was jumped to. */
const GAP = 56
const order: readonly SectionId[] = ['model', 'agent', 'look', 'server', 'sessions']

function Jump({ current, onJump }: { current: string; onJump: (id: string) => void }): JSX.Element {
  return (
    <nav
      aria-label={settingsText.jump}
      className="sticky z-10 shrink-0 max-md:top-0 max-md:-mx-4 max-md:border-b max-md:border-line max-md:bg-paper max-md:px-2 max-md:py-1 md:top-4 md:w-44 md:self-start"
    >
      <SideScroll ground="paper">
        <ul className="flex gap-0.5 max-md:w-max md:flex-col">
          {order.map(id => (
            <li key={id}>
              <a
                href={hrefOf({ page: 'settings', section: id })}
                aria-current={id === current ? 'true' : undefined}
                className={`block rounded-lg whitespace-nowrap px-3 py-1.5 text-sm ${id === current ? 'bg-sunken font-medium' : 'text-muted hover:bg-sunken hover:text-ink'}`}
                onClick={() => onJump(id)}
              >
                {settingsText.sections[id]}
              </a>
            </li>
          ))}
        </ul>
      </SideScroll>
    </nav>
  )
}
