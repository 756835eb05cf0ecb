"""The model: a language model with encoders and projectors; saved, loaded, asked."""
