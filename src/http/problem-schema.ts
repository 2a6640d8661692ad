/** RFC 9457, as every error is answered. */
export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', example: 'urn:verbatim:problem:not_found' },
    title: { type: 'string', example: 'Not Found' },
    status: { type: 'integer', example: 404 },
    detail: { type: 'string', example: 'there is no such chat' },
    code: { type: 'string', description: 'Stable: rely on this', example: 'not_found' },
    correlationId: { type: 'string', description: 'Names this request in our log' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: {
          field: { type: 'string', example: 'text' },
          message: { type: 'string', example: 'must be a string' },
        },
      },
    },
    success: { type: 'boolean', enum: [false], description: 'Under /api only' },
    message: { type: 'string', description: 'Under /api only: the detail again' },
  },
}
