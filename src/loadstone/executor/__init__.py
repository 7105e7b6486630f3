"""The main path: one object version becomes rows, in one transaction with the record that says so."""
