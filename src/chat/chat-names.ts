/** What a path may call a chat. The words that paths have for other things are no names. */
export const reserved = ['chat', 'chats', 'ai', 'auth', 'users', 'projects', 'search', 'replies']
export const chatName = new RegExp(`^(?!(?:${reserved.join('|')})$)[A-Za-z0-9._:-]+$`)

export const anyId = /^[\w.:-]+$/
export const letters = 'must be made of letters, digits and . _ : -'
