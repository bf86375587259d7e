// Injection tokens of the plain classes that the modules share.
export const RUNNER = Symbol('SessionRunner');
export const INSPECTIONS = Symbol('InspectionService');
