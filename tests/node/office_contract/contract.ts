/**
 * What the checker must refuse, so that a green run says something: each line below is an error that
 * `@ts-expect-error` demands. Should Microsoft's types grow such a member, the run turns red and tells us.
 */

// Appointments have no internet headers, and isAllDayEvent is a preview member: the stand-in must not offer either.
// @ts-expect-error
export type Headers = Office.AppointmentCompose["internetHeaders"];
// @ts-expect-error
export type AllDay = Office.AppointmentCompose["isAllDayEvent"];

// A getter of the wrong kind of value is no Time.getAsync.
type TextGetter = (callback: (result: Office.AsyncResult<string>) => void) => void;
declare const textGetter: TextGetter;
// @ts-expect-error
export const start: Pick<Office.Time, "getAsync"> = { getAsync: textGetter };

// A setter that takes a number is no Subject.setAsync.
declare const numberSetter: (subject: number, callback?: (result: Office.AsyncResult<void>) => void) => void;
// @ts-expect-error
export const subject: Pick<Office.Subject, "setAsync"> = { setAsync: numberSetter };
