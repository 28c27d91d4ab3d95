import { type JSX, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { sessionCalls } from '../../api/session-calls.ts'
import { panels } from '../../panels/registry.ts'
import { useCommands } from '../../store/commands.ts'
import { changeLook, useLook } from '../../store/look.ts'
import { goInstead } from '../../store/route.ts'
import { ConversationContext, useConversationStore } from '../../store/use-conversation.ts'
import { searchText, text } from '../../text.ts'
import { Splitter } from '../../ui/splitter.tsx'
import { useWide } from '../../ui/use-wide.ts'
import { Chat } from './chat.tsx'
import { SearchBar } from './search-bar.tsx'
import { SessionHeader } from './session-header.tsx'
import { Sidebar } from './sidebar.tsx'
import { TabBar } from './tab-bar.tsx'
import { Workspace } from './workspace.tsx'

/** From this width on the workspace stands beside the conversation, and from the other on the list of sessions as well. */
const WIDE = 900
const VERY_WIDE = 1180

/** A session: what was said and done, and the workspace beside it. */
export function ConversationPage({ id, event }: { id: string; event: number | undefined }): JSX.Element {
  const store = useConversationStore(id)
  const look = useLook()
  const wide = useWide(WIDE)
  const veryWide = useWide(VERY_WIDE)
  const [tab, setTab] = useState('chat')
  // How often it was asked for since it was closed, and how often a hit was chosen once more.
  const [searching, setSearching] = useState(0)
  const [chosenHits, setChosenHits] = useState(0)
  const [calls] = useState(() => sessionCalls(id))
  useEffect(() => {
    if (event !== undefined) setTab('chat') // whoever goes to an event wants to see it
  }, [event])
  const search = (): void => {
    setTab('chat')
    setSearching(searching + 1)
  }
  const show = (next: string): void => {
    setTab(next)
    setSearching(0)
  }
  const showHit = (shown: number): void => {
    if (shown === event) setChosenHits(chosenHits + 1)
    else goInstead({ page: 'conversation', id, event: shown })
  }
  const bar = searching > 0 && <SearchBar asked={searching} onGo={showHit} onClose={() => setSearching(0)} />
  useCommands([{ id: 'search', name: searchText.open, keys: 'Mod+F', run: search, when: isOutsidePanels }])
  const chosen = panels.find(each => each.id === (wide ? look.panel : tab)) ?? panels[0]
  // Alone on a narrow page, it is what the page is about.
  const Frame = wide ? 'aside' : 'main'
  const gone = useSyncExternalStore(
    listener => store.subscribe(listener),
    () => store.view.link.kind === 'gone',
  )
  const showsPanel = !gone && (wide ? look.panelOpen : tab !== 'chat')
  const most = Math.max(320, window.innerWidth - (veryWide && look.sidebarOpen ? 640 : 400))
  return (
    <ConversationContext value={store}>
      <div className="flex h-full">
        {veryWide && look.sidebarOpen && <Sidebar current={id} />}
        <div className="flex min-w-0 flex-1 flex-col">
          <SessionHeader veryWide={veryWide} wide={wide} calls={calls} onSearch={search} />
          <div className="flex min-h-0 flex-1">
            {(wide || gone || tab === 'chat') && (
              <Chat event={event} asked={chosenHits} search={bar} files={calls.files} />
            )}
            {showsPanel && chosen && (
              <Frame aria-label={text.panels.title} className="contents">
                {wide && (
                  <Splitter
                    label={text.panels.resize}
                    width={Math.min(look.panelWidth, most)}
                    least={300}
                    most={most}
                    onChange={panelWidth => changeLook({ panelWidth })}
                  />
                )}
                <Sized width={wide ? Math.min(look.panelWidth, most) : undefined}>
                  <Workspace session={id} calls={calls} chosen={chosen} tabs={wide} />
                </Sized>
              </Frame>
            )}
          </div>
          {!wide && !gone && <TabBar tab={tab} onTab={show} />}
        </div>
      </div>
    </ConversationContext>
  )
}

/** Panels have a search of their own, or leave it to the browser. */
function isOutsidePanels(): boolean {
  return document.activeElement?.closest('aside') == null
}

/** A part of a width that changes while somebody drags; without one it takes what there is. */
function Sized({ width, children }: { width: number | undefined; children: JSX.Element }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (ref.current) ref.current.style.width = width === undefined ? '' : `${width}px`
  }, [width])
  return (
    <div ref={ref} className={width === undefined ? 'min-w-0 flex-1' : 'min-w-0 shrink-0'}>
      {children}
    </div>
  )
}
