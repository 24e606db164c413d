# A service that is deployed through the connector before its rules are there
# would find every way closed.
output "arn" {
  description = "The ARN of the connector, known once its traffic may pass."
  value       = aws_apprunner_vpc_connector.this.arn

  depends_on = [aws_vpc_security_group_egress_rule.this]
}

output "name" {
  description = "The name of the connector, which ends with a hash of what it leads to."
  value       = aws_apprunner_vpc_connector.this.vpc_connector_name
}

output "security_group_id" {
  description = "The id of the security group from which the application's traffic comes, for the rules of what it calls."
  value       = aws_security_group.this.id
}
