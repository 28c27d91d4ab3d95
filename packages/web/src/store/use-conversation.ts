import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { ConversationStore, type ConversationView } from './conversation-store.ts'

/** The session that a part of the page is about. */
export const ConversationContext = createContext<ConversationStore | undefined>(undefined)

/** Follows a session as long as the component stands. */
export function useConversationStore(session: string): ConversationStore {
  const [store, setStore] = useState(() => new ConversationStore(session))
  useEffect(() => {
    // A store has one life; another session, or a second mounting, gets a new one.
    const fresh = new ConversationStore(session)
    setStore(fresh)
    return fresh.open()
  }, [session])
  return store
}

/** The session around this component. */
export function useStore(): ConversationStore {
  const store = useContext(ConversationContext)
  if (!store) throw new Error('this part of the page stands outside of a session')
  return store
}

/** A part of what is known of the session; `select` must give the same object as long as nothing has changed. */
export function useConversation<T>(select: (view: ConversationView) => T): T {
  const store = useStore()
  return useSyncExternalStore(
    listener => store.subscribe(listener),
    () => select(store.view),
  )
}
