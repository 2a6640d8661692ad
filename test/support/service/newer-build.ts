import { z } from 'zod'
import type { EventDefinition } from '../../../src/event-store/catalog.js'
import { chatEvents } from '../../../src/chat/chat.js'

/**
 * Loaded before the service, it makes that a build of a later release: one with a new type of event, and with a new
 * shape of another. NEWER says which of them it has.
 */
const events = chatEvents as Record<string, EventDefinition>
const has = (what: string) => process.env.NEWER!.split(',').includes(what)

if (has('type')) events.ChatPinned = { data: { chatId: z.string(), ownerId: z.string() } }
if (has('shape'))
  events.ChatTagged = {
    ...events.ChatTagged!,
    upcast: [{ personal: ({ tags }: { tags: string[] }) => ({ tags: tags.map((tag) => tag.toLowerCase()) }) }],
  }
