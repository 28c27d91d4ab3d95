import type { BoardEntry } from '@openhands/protocol'
import { useEffect, useRef } from 'react'
import { text } from '../text.ts'
import { useBoard } from './board-store.ts'
import { useLook } from './look.ts'
import { go } from './route.ts'

/** What is worth telling of a session whose state has changed; undefined for nothing. */
export function noticeFor(before: BoardEntry | undefined, now: BoardEntry): string | undefined {
  if (!before || before.state === now.state) return undefined
  if (now.state === 'waiting') return text.notices.waits(now.title)
  if (now.state === 'finished') return text.notices.done(now.title)
  if (now.state === 'error') return text.notices.trouble(now.title)
  return undefined
}

/** Tells by the browser, while nobody looks at the page, of sessions that wait or have ended (F12), and counts those that wait in the title. */
export function useNotices(): void {
  const { sessions } = useBoard()
  const { notices } = useLook()
  const known = useRef(new Map<string, BoardEntry>())
  useEffect(() => {
    const waiting = sessions.filter(each => each.state === 'waiting').length
    document.title = waiting > 0 ? `(${waiting}) ${text.app.name}` : text.app.name
    const before = known.current
    known.current = new Map(sessions.map(each => [each.conversation_id, each]))
    if (
      !notices ||
      document.visibilityState === 'visible' ||
      typeof Notification === 'undefined' ||
      Notification.permission !== 'granted'
    )
      return
    for (const session of sessions) {
      const words = noticeFor(before.get(session.conversation_id), session)
      if (words !== undefined) show(words, session.conversation_id)
    }
  }, [sessions, notices])
}

function show(words: string, id: string): void {
  const notice = new Notification(words, { tag: id })
  notice.onclick = () => {
    window.focus()
    go({ page: 'conversation', id, event: undefined })
  }
}
