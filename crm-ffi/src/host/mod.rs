//! What uniffi exports.
