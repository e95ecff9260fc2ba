/** The error responses of the status API as schemas. */
import { Type } from 'typebox';

/** The schema of an error response; `description` says when it occurs. */
export function errorResponse(description: string) {
  return Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) }, { description });
}

/** The response to a request that its schema does not allow. */
export const BadRequestResponse = errorResponse('A parameter or the body is invalid; the message names it');

/** Adds the refusals of a body that no schema is asked about. */
export function withBodyErrors<R extends object>(responses: R) {
  return {
    ...responses,
    413: errorResponse('The body is too large'),
    415: errorResponse('The content type is not application/json'),
  };
}
