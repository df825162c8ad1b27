//! The JSON model.
