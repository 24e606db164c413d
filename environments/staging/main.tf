module "trending_now" {
  source = "../../modules/trending_now"

  alarm_emails                   = var.alarm_emails
  budget                         = var.budget
  data_scientist                 = var.data_scientist
  domain_name                    = var.domain_name
  environment                    = local.environment.name
  firewall                       = var.firewall
  force_destroy                  = var.force_destroy
  image_pull_principal_arns      = var.image_pull_principal_arns
  network                        = var.network
  object_lock                    = var.object_lock
  pipeline                       = var.pipeline
  project                        = var.project
  release                        = var.release
  replication                    = var.replication
  retention                      = var.retention
  roles_bounded                  = var.roles_bounded
  scaling                        = var.scaling
  secret_names                   = var.secret_names
  secret_recovery_window_in_days = var.secret_recovery_window_in_days
  service                        = var.service
  thresholds                     = var.thresholds
}
