"""What a run or a pay slip comes to, with every total that Staffology documents.

A total that is 0 is left out by the vendor, so one that is missing is zero. Totals that are
missing altogether are not: the run's model says None of them then.
"""

from bot.connectors.values import Raw, Sent


class RecoverableAmounts(Sent):
    """What HMRC gives back for statutory pay, year to date."""

    cis_deductions_suffered: Raw = 0
    nic_compensation_on_sap: Raw = 0
    nic_compensation_on_smp: Raw = 0
    nic_compensation_on_sncp: Raw = 0
    nic_compensation_on_spbp: Raw = 0
    nic_compensation_on_spbpnorthern_ireland: Raw = 0
    nic_compensation_on_spp: Raw = 0
    nic_compensation_on_sh_pp: Raw = 0
    sap_recovered: Raw = 0
    sh_pprecovered: Raw = 0
    smp_recovered: Raw = 0
    sncp_recovered: Raw = 0
    spbp_northern_ireland_recovered: Raw = 0
    spbp_recovered: Raw = 0
    spp_recovered: Raw = 0
    tax_month: Raw = 0
    total: Raw = 0


class Totals(Sent):
    """Amounts of a run or an entry, named as the vendor names them."""

    additions: Raw = 0
    adjustments: Raw = 0
    app_levy_deduction: Raw = 0
    attachment_order_deductions: Raw = 0
    basic_pay: Raw = 0
    cis_deduction: Raw = 0
    cis_umbrella_fee: Raw = 0
    cis_umbrella_fee_post_tax: Raw = 0
    cis_vat: Raw = 0
    dedns_from_net_pay: Raw = 0
    deductions: Raw = 0
    empee_pen_contribns_not_paid: Raw = 0
    empee_pen_contribns_paid: Raw = 0
    employee_ni: Raw = 0
    employee_ni_non_rti: Raw = 0
    employee_pension_contribution: Raw = 0
    employee_pension_contribution_avc: Raw = 0
    employer_ni: Raw = 0
    employer_ni_non_rti: Raw = 0
    employer_ni_off_payroll: Raw = 0
    employer_pension_contribution: Raw = 0
    flexi_dd_death: Raw = 0
    flexi_dd_death_non_tax: Raw = 0
    flexi_dd_pension: Raw = 0
    flexi_dd_pension_commencement_excess: Raw = 0
    flexi_dd_pension_commencement_excess_non_tax: Raw = 0
    flexi_dd_pension_non_tax: Raw = 0
    flexi_dd_serious_ill_health: Raw = 0
    flexi_dd_serious_ill_health_non_tax: Raw = 0
    flexi_dd_stand_alone_lump_sum: Raw = 0
    flexi_dd_stand_alone_lump_sum_non_tax: Raw = 0
    foreign_tax_amount: Raw = 0
    foreign_tax_amount_reclaimed: Raw = 0
    gross: Raw = 0
    gross_for_ni: Raw = 0
    gross_for_ni_non_rti: Raw = 0
    gross_for_tax: Raw = 0
    gross_not_subject_to_employers_ni: Raw = 0
    gross_not_subject_to_employers_ni_non_rti: Raw = 0
    items_subject_to_class1nic: Raw = 0
    leavers: Raw = 0
    maps_miles: Raw = 0
    net_pay: Raw = 0
    new_employees_in_current_supplementary_pay_run: Raw = 0
    nil_paid: Raw = 0
    non_tax_or_nicpmt: Raw = 0
    non_tierable_pay: Raw = 0
    notional_pay: Raw = 0
    p45gross: Raw = 0
    p45tax: Raw = 0
    payment_after_leaving: Raw = 0
    pbik: Raw = 0
    pensionable_earnings: Raw = 0
    pensionable_pay: Raw = 0
    postgrad_loan_recovered: Raw = 0
    postgrad_loan_recovered_non_rti: Raw = 0
    real_time_class1ani: Raw = 0
    real_time_class1ani_non_rti: Raw = 0
    sap: Raw = 0
    sap_non_rti: Raw = 0
    shpp: Raw = 0
    shpp_non_rti: Raw = 0
    smp: Raw = 0
    smp_non_rti: Raw = 0
    sncp: Raw = 0
    sncp_non_rti: Raw = 0
    spbp: Raw = 0
    spbp_non_rti: Raw = 0
    spbp_northern_ireland: Raw = 0
    spbp_northern_ireland_non_rti: Raw = 0
    spp: Raw = 0
    spp_non_rti: Raw = 0
    ssp: Raw = 0
    ssp_non_rti: Raw = 0
    starters: Raw = 0
    student_loan_recovered: Raw = 0
    student_loan_recovered_non_rti: Raw = 0
    take_home_pay: Raw = 0
    tax: Raw = 0
    tax_non_rti: Raw = 0
    tax_on_payment_after_leaving: Raw = 0
    tcp_op: Raw = 0
    tcp_pp: Raw = 0
    tcp_tcls: Raw = 0
    total_cost: Raw = 0
    umbrella_fee: Raw = 0
    recoverable_amounts: RecoverableAmounts | None = None
