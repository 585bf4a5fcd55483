"""The forest plot as data: rows, columns, marks, axis, styles.

To add a column, enter it in `columns` or, for a trait of studies, in `traits.TRAITS`; to add a style, in
`styles.STYLES`.
"""
