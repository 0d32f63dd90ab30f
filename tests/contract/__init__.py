"""Other people's word on what we say and are told: one suite for every adapter and simulator."""
