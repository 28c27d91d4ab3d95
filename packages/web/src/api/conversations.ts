import { requestJson } from './request.ts'

/** Makes a session with the stored settings, without a task yet; resolves to its id. */
export async function createConversation(signal?: AbortSignal): Promise<string> {
  const asked = { method: 'POST', json: {}, ...(signal ? { signal } : {}) } as const
  const { conversation_id } = await requestJson<{ conversation_id: string }>('api/conversations', asked)
  return conversation_id
}

export async function renameConversation(id: string, title: string): Promise<void> {
  await requestJson(`api/conversations/${id}`, { method: 'PATCH', json: { title } })
}

/** Deletes a session with its log, its blobs and its folder. */
export async function deleteConversation(id: string): Promise<void> {
  await requestJson(`api/conversations/${id}`, { method: 'DELETE' })
}

/** Whether there is such a session. */
export async function conversationExists(id: string, signal: AbortSignal): Promise<boolean> {
  return (await requestJson<unknown>(`api/conversations/${id}`, { signal })) !== null
}
