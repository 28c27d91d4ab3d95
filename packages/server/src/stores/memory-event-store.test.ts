import { eventStoreContract } from '../testing/event-store-contract.ts'
import { MemoryEventStore } from './memory-event-store.ts'

eventStoreContract('memory', async () => new MemoryEventStore())
