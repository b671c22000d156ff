// Imported before Ink, which looks at these once. Under CI it draws nothing until the end; and to a stream that is not
// the process's own it would draw without colours.
delete process.env['CI'];
process.env['FORCE_COLOR'] = process.env['COLOUR_LEVEL'] ?? '3';
// Screens tell the time of day where they run.
process.env['TZ'] = 'UTC';
