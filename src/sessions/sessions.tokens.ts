// Injection tokens of the plain classes that the modules share.
export const RUNNER = Symbol('SessionRunner');
export const PROTOCOL_FOLDER = Symbol('ProtocolFolder');
export const INSPECTIONS = Symbol('InspectionService');
