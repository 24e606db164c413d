# Without the status of each record, which changes by itself.
output "certificate_validation_records" {
  description = "The DNS records that prove to App Runner whose the domain is, by name. They are unknown until the apply, and may be empty until the next refresh."
  value = {
    for record in aws_apprunner_custom_domain_association.this.certificate_validation_records : record.name => {
      type  = record.type
      value = record.value
    }
  }
}

output "dns_target" {
  description = "Where the domain's own DNS record has to point. The provider learns it when it makes the association, and not at an import."
  value       = aws_apprunner_custom_domain_association.this.dns_target
}

output "domain_name" {
  description = "The domain."
  value       = aws_apprunner_custom_domain_association.this.domain_name
}
