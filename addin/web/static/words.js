/**
 * Every Swedish sentence that the pane says, in one place.
 *
 * A failure's sentences say what happened, what was not written, and what to do.
 */

/** @typedef {import("./api.js").Audience} Audience */
/** @typedef {import("./imprint.js").Part} Part */
/** @typedef {{happened: string, unwritten: string, todo: string}} FailureWords */

/** `who` stands in a sentence. @type {Record<Audience, {title: string, who: string, help: string}>} */
export const audiences = {
  patient: {
    title: "Till invånare",
    who: "patienten",
    help: "Skickas i ett ärende till inkorgen på 1177. Bjud aldrig in patienter via Outlook.",
  },
  staff: {
    title: "Instruktion medarbetare",
    who: "medarbetare",
    help: "För dig och kollegor: så startar ni mötet. Skicka inte till patienter.",
  },
  external: {
    title: "Extern professionell part",
    who: "extern part",
    help: "Kommun, skola, Försäkringskassan. Skickas till en adress i den andra organisationen.",
  },
  interpreter: {
    title: "Tolk",
    who: "tolken",
    help: "Skickas via Outlook till tolkförmedlingen. Skriv inget om patienten.",
  },
};

export const start = {
  loading: "Startar …",
  outsideTitle: "Öppna panelen i Outlook",
  outside:
    "Panelen fungerar bara i en bokning i Outlook. Inget har ändrats. Öppna din kalender, skapa eller öppna ett " +
    "möte och välj Skyddat vårdmöte i menyfliken.",
  readOnly:
    "Den här bokningen kan bara läsas här. Inget har ändrats. Öppna den för redigering i din egen kalender och " +
    "välj Skyddat vårdmöte igen.",
  silentTitle: "Outlook svarar inte",
  failedTitle: "Panelen kunde inte starta",
};

/** @typedef {{always: string, summer: string, winter: string}} Seasons what a time is called; the last two only in the night when a clock tells both */

export const times = {
  /** @type {Seasons} */
  plain: { always: "", summer: " sommartid", winter: " normaltid" },
  /** @type {Seasons} */
  swedish: { always: " svensk tid", summer: " svensk sommartid", winter: " svensk normaltid" },
  inOutlook: "i din Outlook",
};

export const wholeDays = {
  one: (/** @type {string} */ day) => `${day}, hela dagen`,
  more: (/** @type {string} */ first, /** @type {string} */ last) => `${first} – ${last}, hela dagarna`,
  help: "Den som ansluter får inget klockslag. Välj en tid i bokningen om mötet ska börja ett visst klockslag.",
};

export const choose = {
  title: "Boka skyddat vårdmöte",
  changeTitle: "Ändra mötet",
  changeHelp: "Länken blir densamma. Texten i bokningen byts ut.",
  type: "Mötestyp",
  variant: "Vilka är med?",
  unit: "Enhet",
  unitHelp: "Enheten och dess telefonnummer står i texten till patienten.",
  limit: (/** @type {number} */ most) => `Högst ${most} deltagare.`,
  when: "Tid",
  create: "Skapa möte",
  save: "Spara ändringen",
  cancel: "Avbryt",
  noUnits:
    "Det finns ingen enhet för den här kalendern. Inget möte kan skapas. Be den som förvaltar Skyddat vårdmöte " +
    "att lägga upp enheten.",
  unchanged: "Du har inte ändrat något. Mötet är som förut.",
};

export const progress = {
  creating: "Skapar mötet",
  changing: "Ändrar mötet",
  moving: "Flyttar mötet till den nya tiden",
  removing: "Tar bort mötet",
  changingLink: "Byter länk",
  resuming: "Fortsätter bokningen som påbörjades",
  steps: {
    booking: "Skapar ett skyddat rum",
    writing: "Skriver i bokningen",
    removing: "Tar bort rummet",
  },
  saving: "Sparar ändringen",
  slowHelp: "Det tar längre tid än vanligt. Panelen säger till när det är klart, eller om det inte går.",
  waitingHelp:
    "Rummet tar längre tid än vanligt. Arbetet fortsätter av sig självt. Du kan vänta här eller stänga panelen. Länken är inte skriven i bokningen " +
    "än: spara bokningen och öppna panelen igen, så skrivs den in.",
};

export const booked = {
  title: "Mötet är bokat",
  titleAttention: "Mötet behöver åtgärdas",
  titleWaiting: "Rummet är inte klart",
  titleOver: "Mötet är borttaget",
  save: "Spara eller skicka bokningen i Outlook, så att länken finns kvar i den.",
  code: "Kod att läsa upp",
  startMeeting: "Starta möte",
  startHelp: "Öppnar startsidan i webbläsaren. Där loggar du in och startar mötet.",
  change: "Ändra typ eller enhet",
  remove: "Ta bort möte",
  again: "Skriv länken i bokningen igen",
  moved: "Mötet har flyttats till den nya tiden. Länken är densamma.",
  changed: "Mötet är ändrat. Länken är densamma.",
  restored: "Texten om mötet saknades eller var gammal. Den är nu inskriven igen.",
  changedElsewhere:
    "Mötet hade ändrats på annat håll, så din ändring sparades inte. Nu visas mötet som det är. Gör ändringen " +
    "igen om den behövs.",
  personalData: "Bokningen ser ut att innehålla personuppgifter. Ta bort dem innan du sparar eller skickar.",
  reload: "Visa mötet igen",
  outsideTitle: "Bokningen och mötet har olika tid",
  outsideMoved:
    "Tiden i det här fönstret är inte mötets. Har du ändrat den? Spara bokningen, så följer mötet med. Annars är " +
    "fönstret gammalt: stäng det utan att spara och öppna bokningen igen.",
  useItemTime: "Använd tiden i fönstret",
  ownWay: {
    none:
      "Tjänsten ser inte kalendern. Flyttar du bokningen, öppna sedan Skyddat vårdmöte i den, så följer mötet med. " +
      "Ska mötet ställas in, välj Ta bort möte här innan du tar bort bokningen.",
    read: "Mötet följer bokningen när den flyttas eller tas bort. Texten i en kopia får du ta bort själv.",
    read_and_write: "Mötet följer bokningen när den flyttas eller tas bort, även utan panelen.",
  },
  copyAnswers: {
    own_room: "Ge kopian ett eget möte",
    strip: "Ta bort länken ur kopian",
    leave: "Jag ordnar det själv",
  },
  copyAnswered: "Det ordnas inom en minut. Originalet är som förut.",
  seriesAnswers: { all: "Samma personer: en länk för alla", first: "Olika personer: bara första tillfället" },
  seriesAnswered: "Ditt val är sparat.",
  seriesKept: "Ditt val är noterat i bokningen. Spara den i Outlook, så finns det kvar.",
  /** Where the service does not see the calendar; where it does, its own sentences say it. */
  series: {
    asked:
      "Bokningen har blivit en serie. Välj om länken ska gälla alla tillfällen; det ska den bara om samma personer " +
      "är med varje gång.",
    all:
      "Länken är densamma för alla tillfällen och öppnar vid tiden som står här. Tjänsten ser inte kalendern. Öppna " +
      "nästa tillfälle i kalendern och välj Skyddat vårdmöte, så kan du flytta länken dit.",
    first:
      "Länken gäller bara seriens första tillfälle. Ett annat tillfälle kan få ett eget möte: öppna det i kalendern " +
      "och välj Skyddat vårdmöte.",
    openWhole:
      "Bokningen är en serie, och länken gäller tiden som står här. Öppna hela serien i kalendern och välj " +
      "Skyddat vårdmöte, så kan du välja om länken ska gälla alla tillfällen.",
    moveHere: "Flytta länken till det här tillfället",
  },
  overHelp: "Länken leder till en sida som säger att mötet är inställt.",
  clean: "Ta bort texten ur bokningen",
};

export const unlinked = {
  goneTitle: "Mötet hittades inte",
  gone:
    "Bokningen har ett möte som hör till någon annan eller inte finns längre. Inget har ändrats. Fråga den som " +
    "bokade. Skapar du ett nytt möte här byts länken i bokningen ut, och den som redan har fått den gamla länken " +
    "kommer inte till det nya rummet.",
  linkTitle: "Länken hör inte till den här bokningen",
  link:
    "I texten står en möteslänk som kommer från någon annanstans, till exempel en kopierad bokning. Inget har " +
    "ändrats. Skapa ett eget möte här, så byts länken ut.",
  occurrenceTitle: "Tillfället har inget möte",
  occurrence:
    "Länken gäller bara seriens första tillfälle, inte det här. Inget har ändrats. Skapa ett möte för det här " +
    "tillfället, så byts länken ut i det.",
  copyTitle: "Kopia av ett möte",
  copy:
    "Bokningen ser ut att vara kopierad från en annan, som har ett skyddat möte. Två bokningar kan inte dela rum. " +
    "Inget har ändrats. Ge den ett eget möte, eller ta bort länken ur den. Har du bara flyttat eller återställt " +
    "bokningen, behåll mötet.",
  perhapsCopyTitle: "Har du flyttat eller kopierat bokningen?",
  perhapsCopy:
    "Bokningen har en annan tid än mötet. Har du flyttat den, behåll mötet, så följer det med. Är den en kopia, ge den " +
    "ett eget möte eller ta bort länken ur den: två bokningar kan inte dela rum. Inget har ändrats.",
  strip: "Ta bort länken ur kopian",
  stripped: "Länken är borttagen ur kopian. Originalet är som förut.",
  ownMeeting: "Ge kopian ett eget möte",
  same: "Behåll mötet, det är samma bokning",
  createNew: "Skapa ett nytt möte",
};

/** @type {Record<Part, string>} */
const parts = {
  block: "Texten med länken kunde inte skrivas i bokningen.",
  location: "Platsen kunde inte fyllas i. Det påverkar inte mötet.",
  subject: "Rubriken kunde inte fyllas i. Skriv en neutral rubrik själv.",
  id: "Kopplingen mellan bokningen och mötet kunde inte sparas.",
};

export const written = {
  part: parts,
  blockFailed: "Rummet är skapat, men länken är inte skriven i bokningen. Skicka inte bokningen än.",
  idFailed: "Mötet är bokat, men Outlook sparade inte kopplingen. Försök igen innan du stänger bokningen.",
  retry: "Försök igen",
  done: "Nu är allt skrivet i bokningen.",
  cleanFailed:
    "Rummet är borttaget, men allt kunde inte tas bort ur bokningen. Ta bort texten själv eller försök igen.",
  cleanPart: {
    block: "Texten med länken står kvar.",
    location: "Platsen står kvar.",
    subject: "Rubriken står kvar.",
    id: "Kopplingen till mötet finns kvar.",
  },
};

export const texts = {
  loading: "Hämtar texterna …",
  copyLink: "Kopiera länk",
  copyText: "Kopiera hela texten",
  template: (/** @type {string} */ name) =>
    `Välj mallen ”${name}” i Personalverktyget och klistra in länken.`,
  linkCopied: "Länken är kopierad.",
  textCopied: "Texten är kopierad.",
  told: "Kopierad. Uppgifterna gäller fortfarande.",
  stale: "De har fått gamla uppgifter. Skicka den nya texten.",
  staleNoText: "De har fått gamla uppgifter.",
  staleTitle: "Några har fått gamla uppgifter",
  staleHelp: (/** @type {string} */ who) => `Mötet har ändrats sedan de fick besked. Meddela: ${who}.`,
  staleSeries:
    "Bokningen är en serie, och texten gäller bara tillfället som visas här. Har ett annat tillfälle fått ny tid " +
    "eller ställts in finns dess text på sidan Lämna besked.",
  staleSeriesLink: "Öppna Lämna besked",
  noText: "Det finns ingen färdig text. Meddela dem på det sätt som ni brukar.",
  informed: "Besked lämnat",
  informedDone: "Noterat: besked är lämnat.",
  informedFailed: "Det gick inte att notera. Försök igen om en stund.",
  staleCancelledTitle: "Några behöver få veta att mötet är inställt",
  staleCancelledHelp: (/** @type {string} */ who) => `De har fått länk eller text. Meddela: ${who}.`,
  preview: "Visa texten",
  previewAndChoose: "Visa texten och välj tillägg",
  inserts: "Lägg till i texten",
  /** The title of an insert under that heading, which says already what it is. */
  insertName: (/** @type {string} */ title) => {
    const name = title.replace(/^Tillägg\s*[–-]\s*/u, "");
    return name.charAt(0).toLocaleUpperCase("sv") + name.slice(1);
  },
  /** @type {Record<import("./api.js").Occasion, string>} */
  occasion: { invitation: "Inbjudan", rescheduled: "Ny tid", cancelled: "Inställt", insert: "Tillägg" },
  occasionLabel: "Vilken text?",
  notReported:
    "Texten är kopierad, men tjänsten kunde inte notera det. Kopiera igen om en stund. Annars får du ingen påminnelse " +
    "om besked när mötet ändras.",
  changedSince:
    "Mötet hade ändrats innan du lämnade beskedet, så det gäller inte längre. Nu visas mötet som det är: " +
    "kopiera den nya texten och skicka den.",
  refused: "Webbläsaren lät inte panelen kopiera. Texten är markerad nedan: kopiera den med Ctrl+C.",
  manual: "Text att kopiera",
  cancelledCopy: "Kopiera texten Inställt",
  failedBooked: "Texterna kunde inte hämtas. Mötet är bokat ändå.",
  failedOver: "Texterna kunde inte hämtas. Öppna panelen igen om en stund.",
};

export const link = {
  action: "Byt länk",
  actionNext: "Byt länk från nästa tillfälle",
  actionSooner: "Byt länk redan nu",
  title: "Byta länk?",
  help:
    "Mötet får en ny länk och ett nytt rum. Den gamla länken leder då inte till mötet längre. Den som öppnar den får " +
    "veta att länken är bytt och hur enheten nås, men inte den nya länken.",
  legend: "När ska den nya länken gälla?",
  beginsNext: (/** @type {string} */ next, /** @type {string} */ own) =>
    `Från ${next}. Den gamla länken gäller ${own}, och slutar gälla när det mötet är slut.`,
  beginsNow: (/** @type {string} */ own) => `Genast, också för mötet ${own}.`,
  beginsAtOnce: (/** @type {string} */ own) => `Den nya länken gäller genast, också för mötet ${own}.`,
  beginsSooner: (/** @type {string} */ own) =>
    `Den nya länken börjar gälla genast, också för mötet ${own}. Det är samma länk som du redan kan ha lämnat ut.`,
  blockNow: "Texten i bokningen skrivs om med den nya länken.",
  /** What becomes of the block, by how much of calendars the service sees. */
  blockLater: {
    none: "I bokningen står den gamla länken kvar tills du efter bytet öppnar bokningen och väljer Skyddat vårdmöte.",
    read:
      "I bokningen står den gamla länken kvar till bytet. Öppna sedan bokningen och välj Skyddat vårdmöte, så skrivs " +
      "den nya in.",
    read_and_write:
      "I bokningen står den gamla länken kvar till bytet. Sedan skrivs den nya in av sig själv. Har bokningen " +
      "deltagare skrivs den in när du öppnar bokningen och väljer Skyddat vårdmöte: du bestämmer när de får den.",
  },
  told: (/** @type {string} */ who) => `De här har fått den gamla länken och behöver den nya: ${who}.`,
  confirm: "Byt länk",
  keep: "Behåll länken",
  changed: "Länken är bytt. Lämna den nya till dem som ska vara med.",
  asked: "Länken byts efter det här tillfället. Den nya finns redan att lämna ut.",
  undone: "Länken byts inte. Den gamla gäller som förut.",
  tooLate: "Mötet har börjat, så länken kan inte bytas nu.",
  cancelled: "Mötet är inställt, så länken kan inte bytas.",
  notReady: "Rummet är inte klart, så länken kan inte bytas nu.",
  comingTitle: "Länken byts",
  coming: (/** @type {string} */ next) =>
    `Den nya länken gäller från ${next}. Till dess gäller den gamla, som står i bokningen.`,
  comingNever:
    "Serien har inget senare tillfälle, så den nya länken har inte börjat gälla. Den gamla gäller som förut.",
  comingCode: "Ny kod att läsa upp: ",
  undo: "Ångra länkbytet",
  texts: {
    coming: "Texterna nedan har den nya länken och nästa tid.",
    current: "Texterna nedan har den gamla länken, för det tillfälle som pågår eller kommer härnäst.",
  },
  otherTexts: { coming: "Visa texter med den nya länken", current: "Visa texter med den gamla länken" },
};

export const removal = {
  title: "Ta bort mötet?",
  help:
    "Rummet tas bort. Länken leder sedan till en sida som säger att mötet är inställt. Din egen text i bokningen står " +
    "kvar.",
  told: (/** @type {string} */ who) =>
    `Du har kopierat uppgifter om mötet. Meddela att det är inställt: ${who}.`,
  copyFirst: "Kopiera texten innan du tar bort.",
  textsFailed: "Texterna kunde inte hämtas. Mötet kan tas bort ändå.",
  confirm: "Ta bort möte",
  keep: "Behåll mötet",
  done: "Mötet är borttaget. Bokningen i kalendern finns kvar.",
  pending: "Mötet är borttaget. Rummet försvinner inom kort, av sig självt.",
};

export const personalData = {
  title: "Personuppgifter i bokningen",
  block: "Personuppgifter får inte finnas i Outlook. Inget möte har skapats. Ta bort dem och fortsätt.",
  confirm: "Det här kan vara personuppgifter. Inget möte har skapats än. Kontrollera innan du fortsätter.",
  attendee: "Patienter bjuds in via 1177, inte Outlook.",
  local: "Kontrollen görs här i panelen. Texten skickas inte någonstans.",
  /** @type {Record<import("./imprint.js").FieldText["field"], string>} */
  field: { subject: "Rubriken", location: "Platsen", body: "Texten", attendees: "Deltagarna" },
  where: (/** @type {string} */ field, /** @type {string} */ kind) => `${field}: ${kind}`,
  /** @type {Record<import("./personal_data.js").Kind, string>} */
  kind: {
    "personal-number": "personnummer",
    "coordination-number": "samordningsnummer",
    "reserve-number": "reservnummer",
    "private-mail": "privat e-postadress",
    telephone: "telefonnummer",
  },
  neutral: "Använd neutral rubrik",
  neutralIs: (/** @type {string} */ subject) => `Neutral rubrik: ${subject}`,
  replaced: "Rubriken är utbytt. Inga personuppgifter hittades. Skapa mötet när du är klar.",
  again: "Kontrollera igen",
  goOn: "Skapa möte ändå",
  back: "Tillbaka",
};

export const failure = {
  title: "Det gick inte",
  retry: "Försök igen",
  once: "Försöker du igen blir det ändå bara ett möte.",
  reference: (/** @type {string} */ id) => `Referens till supporten: ${id}`,
};

/** What has not been written, by what was tried. */
export const unwritten = {
  start: "Inget har ändrats i bokningen.",
  other: "Inget har ändrats i bokningen.",
  create: "Inget har skrivits i bokningen.",
  resume: "Länken är inte skriven i bokningen.",
  write: "Det som saknades är fortfarande inte skrivet i bokningen.",
  waiting: "Länken är inte skriven i bokningen.",
  change: "Mötet och bokningen är som förut.",
  follow: "Mötet har kvar sin gamla tid.",
  answer: "Ditt svar är inte sparat.",
  link: "Länken är den gamla.",
  rewrite: "Mötet är ändrat, men texten i bokningen är inte omskriven än.",
  newLink: "Länken är bytt, men den nya är inte skriven i bokningen än.",
  remove: "Mötet är inte borttaget och bokningen är som förut.",
  clean: "Texten står kvar i bokningen.",
  subject: "Rubriken är inte utbytt.",
};

/** @type {Record<string, {happened: string, todo: string}>} */
export const causes = {
  unreachable: {
    happened: "Tjänsten för skyddade vårdmöten går inte att nå just nu.",
    todo: "Kontrollera nätet och försök igen om en stund.",
  },
  "unexpected-answer": {
    happened: "Tjänsten för skyddade vårdmöten svarade på ett oväntat sätt.",
    todo: "Försök igen om en stund. Kontakta supporten om det inte hjälper.",
  },
  "token-missing": { happened: "Du är inte inloggad.", todo: "Logga in i Outlook igen och försök på nytt." },
  "token-invalid": {
    happened: "Din inloggning godkändes inte.",
    todo: "Logga ut ur Outlook, logga in igen och försök på nytt.",
  },
  "token-expired": {
    happened: "Din inloggning har gått ut.",
    todo: "Logga in i Outlook igen och försök på nytt.",
  },
  "not-staff": {
    happened: "Ditt konto får inte boka skyddade vårdmöten.",
    todo: "Kontakta supporten om du ska kunna boka.",
  },
  "meeting-not-found": {
    happened: "Mötet hör till någon annan eller finns inte längre.",
    todo: "Stäng panelen och öppna den igen.",
  },
  "sign-in": {
    happened: "Outlook kunde inte logga in dig.",
    todo: "Försök igen. Hjälper det inte, logga ut ur Outlook och in igen.",
  },
  "sign-in-cancelled": { happened: "Inloggningen avbröts.", todo: "Försök igen och slutför inloggningen." },
  outlook: {
    happened: "Outlook svarade inte som det skulle.",
    todo: "Försök igen. Hjälper det inte, spara bokningen, öppna den på nytt och försök igen.",
  },
  holder: {
    happened: "Outlook kunde inte säga vems kalender bokningen ligger i.",
    todo: "Spara bokningen, öppna den igen och försök på nytt.",
  },
  pane: {
    happened: "Något gick fel i panelen.",
    todo: "Stäng panelen, öppna den igen och försök på nytt. Kontakta supporten om det inte hjälper.",
  },
};
