// Stands in for react-devtools-core, which Ink imports for DEV=true alone.
export default {};
